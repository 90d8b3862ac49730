"""Callers by the thousand that mean no good, and what others get meanwhile."""

import contextlib
import pathlib
import threading
import time

from bench import Bench
from crowd import Crowd

# The defaults of the contract, in seconds and connections; an answer that nobody takes has 30 s.
ADMISSION_TIME, WRITE_TIME, CAP = 5, 30, 1024
# What the shipped unit allows, and what 1,024 strangers may cost of it, in MiB.
SHIPPED_MEMORY, STRANGERS_MEMORY = 64, 24
# Another user, whoever that is.
NEIGHBOUR = "12345"
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
    if set(ends["senders"]) != {"408"} or not ADMISSION_TIME - 1 < ends["senders"]["408"][1]:
        wrong.append("senders ended otherwise than by 408")
    if ends["senders"].get("408", [0, 0, 0])[2] > ADMISSION_TIME + LATENESS:
        wrong.append("senders were cut late")
    if set(ends["readers"]) != {"ConnectionResetError"}:
        wrong.append("readers ended otherwise than by a reset")
    cut = "; ".join(
        f"{count:,} {kind} ended by {end} after {first:.1f} to {last:.1f} s"
        for kind, kinds in ends.items() for end, (count, first, last) in kinds.items())
    return bench.verdict(
        wrong, note=f", {bench.longest():.2f} s at most; {note}; {memory:+.1f} MiB of its own memory for "
                    f"{connections:,.0f} connections; {cut}")


@contextlib.contextmanager
def control_group(name):
    """A control group with the shipped limit of memory, as words for a shell that enter it; none where there is none."""
    for root, limit in (("memory", "memory.limit_in_bytes"), ("", "memory.max")):
        group = pathlib.Path("/sys/fs/cgroup", root, name)
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if (group / limit).exists():
                (group / limit).write_text(str(SHIPPED_MEMORY << 20))
                yield f"echo $$ > {group}/cgroup.procs && "
                return
        finally:
            group.rmdir()
    yield ""


def strangers(request, is_admin, directory, certificates):
    """1,024 that send all of a request but its last byte, within the shipped limit of memory."""
    with control_group(f"fedbroker-faults-{directory.name}") as setup:
        bench = Bench(directory, certificates, setup=setup, limits="max_connections = 1100\nmax_admin_connections = 1100")
        daemon, wrong, samples = bench.daemon, [], []
        with bench.load(clients=8):
            before = daemon.memory("RssAnon")
            crowd = Crowd("strangers", 1024, daemon.admin_port if is_admin else daemon.port, "127.0.0.2", request)
            is_open = threading.Event()
            wait = threading.Thread(target=lambda: (crowd.wait(), is_open.set()))
            wait.start()
            while not is_open.wait(0.01):
                samples.append(daemon.memory("RssAnon") - before)
            samples.append(daemon.memory("RssAnon") - before)
            daemon.seconds_until(
                lambda: daemon.metric("fedbroker_connections") < 100, at_most=ADMISSION_TIME + LATENESS)
            bench.wait_for_answers(100)
            ends = crowd.end()
        if not daemon.is_running:
            wrong.append("killed")
        if max(samples) > STRANGERS_MEMORY:
            wrong.append("memory grew")
        if "open" in ends:
            wrong.append(f"{ends['open'][0]} are still open")
        ended = ", ".join(f"{count:,} ended by {end}" for end, (count, _, _) in ends.items())
        where = f"in a control group of {SHIPPED_MEMORY} MiB" if setup else "without a control group"
        return bench.verdict(wrong, note=f"; {max(samples):+.1f} MiB of its own memory at most, {where}; {ended}")


def neighbour(directory, certificates):
    """Another user opens 1,000 connections without a word, and opens others as soon as they are closed."""
    bench = Bench(directory, certificates)
    daemon, wrong, most = bench.daemon, [], 0
    with bench.load(clients=8):
        for _ in range(2):
            crowd = Crowd("idle", 1000, daemon.port, "127.0.0.2", user=NEIGHBOUR)
            crowd.wait()
            most = max(most, daemon.metric("fedbroker_connections"))
            recovery = daemon.seconds_until(
                lambda: daemon.metric("fedbroker_connections") < 100, at_most=ADMISSION_TIME + LATENESS)
            ends = crowd.end()
            if recovery > ADMISSION_TIME + LATENESS - 1:
                wrong.append("the places were not freed")
            if set(ends) - {"503", "closed", "ConnectionResetError"}:
                wrong.append(f"ended by {', '.join(ends)}")
        bench.wait_for_answers(100)
    # A quarter of the cap, those of the clients, and those that are being told.
    if most > CAP / 4 + 100:
        wrong.append(f"{most:.0f} places taken")
    return bench.verdict(wrong, note=f"; {most:.0f} connections at most, all closed after {recovery:.1f} s")


LARGE = f"X: {'x' * 31_000}\r\n"
REQUESTS = {
    "a head of 31 KB without an end": f"GET /v1/instances HTTP/1.1\r\nHost: localhost\r\n{LARGE}",
    "a body of a refused request":
        f"POST /v1/instances/demo/refresh HTTP/1.1\r\nHost: localhost\r\n{LARGE}Content-Length: 65536\r\n\r\n"
        + "x" * 65_535,
    "a body of an open request":
        f"GET /healthz HTTP/1.1\r\nHost: localhost\r\n{LARGE}Content-Length: 65536\r\n\r\n" + "x" * 65_535,
}

CELLS = {
    f"1,024 strangers with {name}{' × admin listener' if is_admin else ''}":
        lambda directory, certificates, request=request, is_admin=is_admin:
            strangers(request, is_admin, directory, certificates)
    for name, request in REQUESTS.items() for is_admin in (False, True)
} | {
    "1,000 idle connections of another user": neighbour,
    "20,000 connections against the cap": flood,
    "2,000 slow senders and 2,000 slow readers": slow,
}
