#!/usr/bin/env python3
"""Daemons of one account and a real redis-server: one line a cell, with what was measured. Fails if a bound is missed.

Usage: fleet.py PROGRAM [WORD...]: cells whose names hold every WORD.
"""

import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from account import Account
from parts import Daemon, Redis, free_port, until

CELLS = {}


def cell(name):
    return lambda run: CELLS.setdefault(name, run)


class Bench:
    """What a cell starts, and ends with it."""

    def __init__(self, program, directory):
        self.program, self.directory = program, pathlib.Path(directory)
        self.parts = []

    def redis(self, *options, **named):
        self.parts.append(Redis(self.directory, *options, **named))
        return self.parts[-1]

    def daemon(self, account, **named):
        number = len(self.parts)
        self.parts.append(Daemon(self.program, self.directory / f"d{number}", account, **named))
        return self.parts[-1]

    def end(self):
        for part in self.parts:
            part.stop()


def ideal(starts, rate=2.0, burst=5.0):
    """When the last of those who arrive at `starts` is served, if each calls in the moment that has a place for it."""
    level, at, now = burst, starts[0], starts[0]
    for start in starts:
        now = max(now, start)
        level, at = min(burst, level + (now - at) * rate), now
        if level < 1:
            now += (1 - level) / rate
            level, at = 1, now
        level -= 1
    return now


def shift_start(bench, count, spread, store):
    """Starts daemons with a warm key each; returns times the ideal, calls a token, and 429s."""
    account = Account()
    daemons = [bench.daemon(account, store=store, users=(f"agent{number}",)) for number in range(count)]
    begin, starts = time.monotonic(), []
    for number, daemon in enumerate(daemons):
        time.sleep(max(0, begin + spread * number / count - time.monotonic()))
        starts.append(daemon.start().started - begin)
    until(lambda: account.count(200) >= count, 600, f"tokens for {count} daemons")
    served = {user for _, user, status in account.calls if status == 200}
    last = max(when for when, _, status in account.calls if status == 200) - begin
    return last / ideal(starts), len(account.calls) / count, account.count(429), len(served)


@cell("a shift start of many daemons with a store")
def shift(bench, wrong):
    count = 100
    store = bench.redis()
    times, calls, refused, served = shift_start(bench, count, 30, f"valkey://127.0.0.1:{store.port}")
    wrong(served == count, f"{served} served")
    wrong(calls <= 1.02, "more than 1.02 calls a token")
    wrong(times <= 1.03, "more than 1.03 times the ideal")
    return f"{count} daemons in 30 s: {times:.3f} times the ideal, {calls:.2f} calls a token, {refused} times 429"


@cell("daemons that share tokens make one daemon's calls")
def sharing(bench, wrong):
    users = tuple(f"agent{number}" for number in range(15))
    store, account = bench.redis(), Account(lifetime=40)
    daemons = [bench.daemon(account, store=f"valkey://127.0.0.1:{store.port}", share="tokens", users=users).start()
               for _ in range(6)]
    for daemon in daemons:
        until(daemon.is_ready, 60, "ready")
    since = time.monotonic()
    first = account.count()
    end, foreign, expired, asked = since + 90, 0, 0, 0
    while time.monotonic() < end:
        for daemon in daemons:
            for user in users:
                token = daemon.token(user)
                asked += 1
                owner, _, expiry = token.split("-", 2) if token else ("", "", "0")
                foreign += bool(token) and owner != user
                expired += not token or float(expiry) <= time.time()
        time.sleep(0.2)
    calls = account.count(since=since)
    # One daemon refreshes a token of 40 s after 26.7 to 28 s.
    alone = len(users) * 90 / 26.7
    wrong(foreign == 0, f"{foreign} foreign")
    wrong(expired == 0, f"{expired} expired or none")
    wrong(calls <= 1.1 * alone, f"more than 1.1 times {alone:.0f} calls")
    wrong(first <= 1.1 * len(users), f"{first} calls at the start")
    return (f"{len(daemons)} daemons, {len(users)} users, 90 s: {first} calls at the start, {calls} later "
            f"({calls / alone:.2f} times one daemon's), {asked} answers, {foreign} foreign, {expired} expired")


@cell("holders that are killed and stopped")
def killed(bench, wrong):
    users = tuple(f"agent{number}" for number in range(8))
    store, account = bench.redis(), Account(lifetime=20)
    account.delay = 0.3
    daemons = [bench.daemon(account, store=f"valkey://127.0.0.1:{store.port}", share="tokens", users=users).start()
               for _ in range(4)]
    for daemon in daemons:
        until(daemon.is_ready, 60, "ready")
    foreign = expired = asked = kills = 0
    end, next_kill = time.monotonic() + 45, time.monotonic() + 1.5
    stopped = None
    while time.monotonic() < end:
        if time.monotonic() >= next_kill:
            next_kill += 1.5
            if stopped:
                stopped.signal(signal.SIGCONT)
                stopped = None
            victim = daemons[1 + kills % (len(daemons) - 1)]
            if kills % 2 == 0:
                victim.stop()
                victim.start()
            else:
                victim.signal(signal.SIGSTOP)
                stopped = victim
            kills += 1
        for user in users:
            token = daemons[0].token(user)
            asked += 1
            owner, _, expiry = token.split("-", 2) if token else ("", "", "0")
            foreign += bool(token) and owner != user
            expired += bool(token) and float(expiry) <= time.time()
        time.sleep(0.1)
    if stopped:
        stopped.signal(signal.SIGCONT)
    # One daemon alone refreshes a token of 20 s each 13.3 s.
    bound = len(users) * (1 + 45 / 13.3) * 1.1 + kills
    wrong(foreign == 0 and expired == 0, "a foreign or expired token")
    wrong(len(account.calls) <= bound, f"more than {bound:.0f} calls")
    return f"{kills} kills and stops in 45 s: {len(account.calls)} calls, {asked} answers, {foreign} foreign, {expired} expired"


def hits(daemon, seconds):
    """The 99th percentile of hits, in milliseconds, and how many failed."""
    times, failed, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        failed += daemon.token(timeout=5) is None
        times.append(time.monotonic() - begin)
        time.sleep(0.002)
    return sorted(times)[int(len(times) * 0.99)] * 1000, failed


@cell("a store that is killed, stopped and full")
def outage(bench, wrong):
    store, account = bench.redis(), Account()
    daemon = bench.daemon(account, store=f"valkey://127.0.0.1:{store.port}", share="tokens").start()
    until(daemon.is_ready, 30, "ready")
    lines, calm = [], hits(daemon, 3)[0]

    def during(name, begin, end):
        begin()
        time.sleep(0.1)
        took = []
        for _ in range(3):
            start = time.monotonic()
            status, _ = daemon.ask("/v1/instances/ana/refresh", "POST", timeout=10)
            took.append(time.monotonic() - start)
            wrong(status == 200, f"{name}: a refresh got {status}")
        worst, (slow, failed) = max(took), hits(daemon, 3)
        wrong(worst <= 0.25 * 2 + 1.2, f"{name}: a request waited {worst:.2f} s")
        wrong(failed == 0, f"{name}: {failed} hits failed")
        wrong(slow <= max(5, 3 * calm), f"{name}: hits took {slow:.1f} ms")
        end()
        until(lambda: daemon.metric("fedbroker_fleet_store_up") == 1, 40, f"{name}: the store up again")
        lines.append(f"{name}: refresh {took[0] * 1000:.0f}, {took[1] * 1000:.0f} ms, hits' p99 {slow:.1f} ms")

    during("killed", store.stop, store.start)
    during("stopped", lambda: store.signal(signal.SIGSTOP), lambda: store.signal(signal.SIGCONT))
    during("full", lambda: store.cli("CONFIG", "SET", "maxmemory", "1"), lambda: store.cli("CONFIG", "SET", "maxmemory", "0"))
    refused = account.count(429)
    wrong(refused <= 1, f"{refused} times 429")
    return f"calm p99 {calm:.1f} ms; " + "; ".join(lines) + f"; {refused} times 429"


@cell("a deleted token is served by no daemon")
def deleted(bench, wrong):
    store, account = bench.redis(), Account()
    address = f"valkey://127.0.0.1:{store.port}"
    first, second = (bench.daemon(account, store=address, share="tokens").start() for _ in range(2))
    for daemon in (first, second):
        until(daemon.is_ready, 30, "ready")
    wrong(account.count() == 1, f"{account.count()} calls for one token")
    token = first.token()
    wrong(second.token() == token, "the daemons have different tokens")
    begin = time.monotonic()
    first.ask("/v1/instances/ana/token", "DELETE")
    until(lambda: second.token() != token, 5, "the other daemon gave it up")
    took = time.monotonic() - begin
    wrong(took <= 1, f"after {took:.2f} s")
    # While nothing is heard.
    token = until(second.token, 10, "a new token")
    until(lambda: first.token() == token, 10, "the same token")
    store.cli("CLIENT", "KILL", "TYPE", "pubsub")
    begin = time.monotonic()
    first.ask("/v1/instances/ana/token", "DELETE")
    until(lambda: second.token() != token, 6, "the other daemon gave it up after a gap")
    after_gap = time.monotonic() - begin
    wrong(after_gap <= 5, f"after a gap {after_gap:.2f} s")
    until(lambda: first.metric("fedbroker_fleet_drops_pending") == 0, 5, "the drops are lasting")
    return f"gone after {took * 1000:.0f} ms, and after a gap in {after_gap * 1000:.0f} ms"


@cell("a failover by Sentinels to a replica that has missed a drop")
def failover(bench, wrong):
    primary = bench.redis()
    replica = bench.redis(replica_of=primary.port)
    until(lambda: "master_link_status:up" in replica.cli("INFO", "replication"), 20, "replication")
    sentinels = []
    for _ in range(3):
        port = free_port()
        path = bench.directory / f"sentinel-{port}.conf"
        path.write_text(f"port {port}\nbind 127.0.0.1\ndir {bench.directory}\n"
                        f"sentinel monitor main 127.0.0.1 {primary.port} 2\nsentinel down-after-milliseconds main 1000\n"
                        "sentinel failover-timeout main 5000\n")
        process = subprocess.Popen(["redis-sentinel", str(path)], stdout=subprocess.DEVNULL)
        sentinels.append((port, process))
    try:
        def cli(*words):
            return subprocess.run(["redis-cli", "-p", str(sentinels[0][0]), *words], capture_output=True, text=True).stdout

        until(lambda: "status=ok" in cli("INFO", "sentinel") and "slaves=1,sentinels=3" in cli("INFO", "sentinel"), 30, "Sentinels")
        address = "valkey+sentinel://main@" + ",".join(f"127.0.0.1:{port}" for port, _ in sentinels)
        account = Account()
        first, second = (bench.daemon(account, store=address, share="tokens").start() for _ in range(2))
        for daemon in (first, second):
            until(daemon.is_ready, 30, "ready")
        token = first.token()
        wrong(second.token() == token and account.count() == 1, "the daemons do not share")
        # The replica hears nothing any more, so that it does not have the drop.
        replica.signal(signal.SIGSTOP)
        first.ask("/v1/instances/ana/token", "DELETE")
        until(lambda: second.token() != token, 5, "the other daemon gave it up")
        wrong(first.metric("fedbroker_fleet_drops_pending") > 0, "the drop counts as lasting")
        primary.stop()
        replica.signal(signal.SIGCONT)
        begin = time.monotonic()
        until(lambda: "role:master" in replica.cli("INFO", "replication"), 40, "the failover")
        took = time.monotonic() - begin
        held = replica.cli("KEYS", "fb1:*:e:*")
        returned, end = 0, time.monotonic() + 15
        while time.monotonic() < end:
            for daemon in (first, second):
                daemon.ask("/v1/instances/ana/refresh", "POST")
                returned += daemon.token() == token
            time.sleep(0.2)
        wrong(returned == 0, f"the dropped token came back {returned} times")
        wrong(":e:" in held, "the replica did not have the entry: the cell shows nothing")
        until(lambda: first.metric("fedbroker_fleet_store_up") == 1, 40, "the new primary is used")
        return f"failover {took:.1f} s; the dropped token was served {returned} times after it"
    finally:
        for _, process in sentinels:
            process.kill()
            process.wait()


@cell("a cluster of three")
def cluster(bench, wrong):
    nodes = [bench.redis("--cluster-enabled", "yes") for _ in range(3)]
    names = [f"127.0.0.1:{node.port}" for node in nodes]
    subprocess.run(["redis-cli", "--cluster", "create", *names, "--cluster-yes"], capture_output=True, check=True)
    until(lambda: all("cluster_state:ok" in node.cli("CLUSTER", "INFO") for node in nodes), 30, "the cluster")
    account = Account()
    daemons = [bench.daemon(account, store="valkey+cluster://" + ",".join(names), share="tokens").start() for _ in range(3)]
    for daemon in daemons:
        until(daemon.is_ready, 30, "ready")
    tokens = {daemon.token() for daemon in daemons}
    wrong(len(tokens) == 1 and account.count() == 1, f"{len(tokens)} tokens, {account.count()} calls")
    daemons[0].ask("/v1/instances/ana/token", "DELETE")
    until(lambda: daemons[2].token() not in tokens, 5, "another daemon gave it up")
    return f"{len(daemons)} daemons: one call; a drop reaches all"


def main():
    program, words = sys.argv[1], sys.argv[2:]
    failures = 0
    for name, run in CELLS.items():
        if not all(word in name for word in words):
            continue
        misses = []
        with tempfile.TemporaryDirectory(prefix="fleet-", dir="/tmp") as directory:
            bench = Bench(program, directory)
            begin = time.monotonic()
            try:
                line = run(bench, lambda holds, what: holds or misses.append(what))
            except (AssertionError, subprocess.CalledProcessError) as error:
                line, misses = "", misses + [str(error)]
            finally:
                bench.end()
        failures += bool(misses)
        ending = f"; {', '.join(misses)}" if misses else ""
        print(f"{'FAILED' if misses else 'ok':6} {name} ({time.monotonic() - begin:.0f} s): {line}{ending}", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
