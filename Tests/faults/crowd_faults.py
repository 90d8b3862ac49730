"""Callers by the thousand that mean no good, and what others get meanwhile."""

import threading
import time

from bench import Bench
from crowd import Crowd

# The defaults of the contract, in seconds and connections; an answer that nobody takes has 30 s.
HEADER_TIME, WRITE_TIME, CAP = 10, 30, 1024
# By when a time-out must have been acted on, in seconds.
LATENESS = 3
RECOVERY = 1.0
# Of the daemon's own memory, in KiB: at most the requests as they came, in one read of 16 KiB, and a connection's 8.
CONNECTION_MEMORY = 24


class Health:
    """Asks the admin listener all the while."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.count = self.lost = self.longest = 0
        self.is_ending = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.is_ending.is_set():
            started = time.monotonic()
            self.count += 1
            self.lost += self.daemon.admin("/healthz")[0] != 200
            self.longest = max(self.longest, time.monotonic() - started)
            self.is_ending.wait(0.02)

    def end(self):
        self.is_ending.set()
        self.thread.join()
        return f"health answered {self.count - self.lost} of {self.count}, {self.longest:.2f} s at most"


def flood(directory, certificates):
    """20,000 connections at once, held by four processes, while the cap's number is inside."""
    bench = Bench(directory, certificates)
    daemon, wrong = bench.daemon, []
    inside = [daemon.connect() for _ in range(CAP)]
    for connection in inside:
        bench.answers.append(daemon.ask(connection=connection))
    before, descriptors = daemon.memory("RssAnon"), daemon.descriptors()
    health = Health(daemon)
    crowds = [Crowd("flood", 5000, daemon.port, f"127.0.0.{2 + number}") for number in range(4)]
    opened = []
    waits = [threading.Thread(target=lambda crowd=crowd: opened.append(crowd.wait())) for crowd in crowds]
    for wait in waits:
        wait.start()
    started = time.monotonic()
    while any(wait.is_alive() for wait in waits):
        # Those that were let in are answered meanwhile, a quick round after the other.
        for connection in inside:
            bench.answers.append(daemon.ask(connection=connection))
    took = time.monotonic() - started
    memory = daemon.memory("RssAnon") - before
    rejected = daemon.metric("fedbroker_connections_rejected_total")
    if daemon.descriptors() > descriptors + 200:
        wrong.append(f"{daemon.descriptors()} descriptors")
    # All of them are still held when the first that is let go makes room for another.
    inside.pop().close()
    recovery = daemon.seconds_until(lambda: daemon.ask().status == 200)
    note = health.end()
    ends = [crowd.end() for crowd in crowds]
    for connection in inside:
        connection.close()
    served = daemon.seconds_until(lambda: daemon.ask().status == 200)
    if health.lost or health.longest > RECOVERY:
        wrong.append("health did not answer")
    if recovery > RECOVERY or served > RECOVERY:
        wrong.append("late recovery")
    if sum(opened) != 20_000 or rejected < 20_000:
        wrong.append(f"{sum(opened)} were held, {rejected:.0f} refused")
    if memory > 16:
        wrong.append("memory grew")
    told = sum(end.get("503", [0])[0] for end in ends)
    return bench.verdict(
        wrong,
        note=f"; {sum(opened):,} held at once after {took:.1f} s, {told:,} told 503, the rest closed; {note}; "
             f"{memory:+.1f} MiB of its own memory; next served after {recovery:.2f} s")


def slow(directory, certificates):
    """2,000 that send a byte now and then and 2,000 that read one now and then, until each is cut off."""
    bench = Bench(directory, certificates, limits="max_connections = 5000")
    daemon, wrong = bench.daemon, []
    with bench.load(clients=8):
        before = daemon.memory("RssAnon")
        health = Health(daemon)
        target = "/v1/instances/demo/token"
        request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {daemon.token}\r\n"
        crowds = {
            "senders": Crowd("senders", 2000, daemon.port, "127.0.0.2", request + "X: "),
            # More answers than the kernel holds for a client.
            "readers": Crowd("readers", 2000, daemon.port, "127.0.0.3", (request + "\r\n") * 400),
        }
        opened = {kind: crowd.wait() for kind, crowd in crowds.items()}
        samples = []

        def sample():
            samples.append((daemon.metric("fedbroker_connections"), daemon.memory("RssAnon") - before))
            return samples[-1][0]

        daemon.seconds_until(lambda: sample() >= 4000)
        daemon.seconds_until(lambda: sample() < 100, at_most=WRITE_TIME + LATENESS)
        connections, memory = (max(column) for column in zip(*samples))
        left = samples[-1][0]
        # The clients see their end of it a moment later.
        time.sleep(1)
        ends = {kind: crowd.end() for kind, crowd in crowds.items()}
        note = health.end()
        bench.wait_for_answers(100)
    if opened != {"senders": 2000, "readers": 2000} or connections < 4000:
        wrong.append(f"only {connections:.0f} connections")
    if left >= 100:
        wrong.append(f"{left:.0f} connections are left")
    if memory * 1024 > 4000 * CONNECTION_MEMORY:
        wrong.append("memory is not bounded")
    if health.lost:
        wrong.append("health did not answer")
    if set(ends["senders"]) != {"408"} or not HEADER_TIME - 1 < ends["senders"]["408"][1]:
        wrong.append("senders ended otherwise than by 408")
    if ends["senders"].get("408", [0, 0, 0])[2] > HEADER_TIME + LATENESS:
        wrong.append("senders were cut late")
    if set(ends["readers"]) != {"ConnectionResetError"}:
        wrong.append("readers ended otherwise than by a reset")
    cut = "; ".join(
        f"{count:,} {kind} ended by {end} after {first:.1f} to {last:.1f} s"
        for kind, kinds in ends.items() for end, (count, first, last) in kinds.items())
    return bench.verdict(
        wrong, note=f", {bench.longest():.2f} s at most; {note}; {memory:+.1f} MiB of its own memory for "
                    f"{connections:,.0f} connections; {cut}")


CELLS = {
    "20,000 connections against the cap": flood,
    "2,000 slow senders and 2,000 slow readers": slow,
}
