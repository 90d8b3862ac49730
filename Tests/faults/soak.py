#!/usr/bin/env python3
"""Good and bad traffic for MINUTES (10), with tokens of 10 s: what it leaves behind must be nothing.

Connections come and go, are kept, are cut off in mid-request, are refused, send garbage, and wait without a word or
with half of one. Prints descriptors, memory and threads as they go along, and fails if they grew or any answer was
wrong.
Needs root, as the fault matrix does.
"""

import collections
import os
import pathlib
import random
import socket
import sys
import tempfile
import threading
import time

from bench import INSTANCES
from daemon import Daemon
from upstream import Certificates, Upstream

MINUTES = float(os.environ.get("MINUTES", "10"))
SAMPLES = 60
# How much the least of the last fifth may be above that of the second: descriptors (of connections that come and go),
# MiB resident, MiB of its own, threads.
GROWTH = (32, 3, 2, 2)


class Traffic:
    def __init__(self, daemon):
        self.daemon = daemon
        self.counts = collections.Counter()
        self.wrong = collections.Counter()
        self.is_ending = threading.Event()
        kinds = [
            self.churn, self.churn, self.keep_alive, self.cut_off, self.garbage, self.wait, self.half, self.stranger,
            self.refresh,
        ]
        self.threads = [threading.Thread(target=self.repeat, args=(kind,)) for kind in kinds]
        for thread in self.threads:
            thread.start()

    def repeat(self, kind):
        while not self.is_ending.is_set():
            self.counts[kind.__name__] += 1
            try:
                kind()
            except OSError as error:
                self.wrong[f"{kind.__name__}: {error}"] += 1

    def end(self):
        self.is_ending.set()
        for thread in self.threads:
            thread.join()

    def judge(self, answer, status=200):
        if answer.wrong or answer.status != status:
            self.wrong[answer.wrong or f"status {answer.status} {answer.code}"] += 1

    def churn(self):
        self.judge(self.daemon.ask(instance=random.choice(INSTANCES)))

    def refresh(self):
        self.judge(self.daemon.ask("POST", "refresh"))
        # No more than upstream's quota.
        self.is_ending.wait(1)

    def keep_alive(self):
        connection = self.daemon.connect()
        for _ in range(100):
            self.judge(self.daemon.ask(instance=random.choice(INSTANCES), connection=connection))
        connection.close()

    def stranger(self):
        self.judge(self.daemon.ask(token="x" * 43), status=401)
        self.judge(self.daemon.ask(instance="unknown"), status=404)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.daemon.port), timeout=10)

    def cut_off(self):
        request = b"POST /v1/instances/demo/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhell"
        with self.connect() as client:
            client.sendall(request[:random.randrange(len(request))])
        # The others shall have their turn.
        self.is_ending.wait(0.002)

    def garbage(self):
        with self.connect() as client:
            client.sendall(random.randbytes(200) + b"\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            answer = client.recv(100)
            if answer and not answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 505 ")):
                self.wrong[f"garbage is answered with {answer[:20]}"] += 1

    def wait(self):
        with self.connect():
            self.is_ending.wait(0.05)

    def half(self):
        with self.connect() as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")
            self.is_ending.wait(0.05)


def sample(daemon):
    return daemon.descriptors(), daemon.memory(), daemon.memory("RssAnon"), daemon.threads()


def main():
    with tempfile.TemporaryDirectory(prefix="fedbroker-soak-") as scratch:
        scratch = pathlib.Path(scratch)
        certificates = Certificates(scratch)
        hosts_file = scratch / "hosts"
        upstream = Upstream(certificates, hosts_file, lifetime=10)
        daemon = Daemon(scratch / "home", upstream, hosts_file, certificates, warm=INSTANCES)
        for instance in INSTANCES:
            daemon.seconds_until(lambda: daemon.ask(instance=instance).status == 200)
        idle = daemon.descriptors()
        traffic = Traffic(daemon)
        samples = []
        for number in range(SAMPLES):
            time.sleep(MINUTES * 60 / SAMPLES)
            samples.append(sample(daemon))
            if number % 6 == 5:
                descriptors, resident, own, threads = samples[-1]
                print(f"{traffic.counts.total():9,} exchanges, {upstream.calls:3,} tokens: {descriptors:3} descriptors, "
                      f"{resident:.1f} MiB, {own:4.1f} of its own, {threads} threads, {traffic.wrong.total()} wrong",
                      flush=True)
        traffic.end()
        # What connections there were are gone a moment after their clients.
        daemon.seconds_until(lambda: daemon.descriptors() <= idle, at_most=5)
        left = daemon.descriptors()
        failure = daemon.stop()
    early, late = samples[SAMPLES // 5:SAMPLES // 5 * 2], samples[-SAMPLES // 5:]
    growth = [
        min(row[column] for row in late) - min(row[column] for row in early)
        for column in range(len(GROWTH))
    ]
    descriptors, resident, own, threads = growth
    print(f"from the second fifth to the last: {descriptors:+.0f} descriptors, {resident:+.1f} MiB, {own:+.1f} of its "
          f"own, {threads:+.0f} threads; {idle} descriptors before, {left} after; "
          f"{dict(traffic.wrong) or 'no wrong answer'}")
    print(dict(traffic.counts))
    grew = any(grown > most for grown, most in zip(growth, GROWTH))
    if failure:
        print(failure)
    sys.exit(1 if failure or traffic.wrong or grew or left > idle else 0)


main()
