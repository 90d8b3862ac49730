#!/usr/bin/env python3
"""Good and bad traffic for MINUTES (10), with tokens of 10 s: what it leaves behind must be nothing.

Connections come and go, are kept, are cut off in mid-request, send garbage, and wait without a word. Prints descriptors,
memory and threads as they go along, and fails if they grew or any answer was wrong.
"""

import collections
import http.client
import os
import pathlib
import random
import socket
import statistics
import sys
import tempfile
import threading
import time

from daemon import Daemon
from upstream import Certificates, Upstream

MINUTES = float(os.environ.get("MINUTES", "10"))
SAMPLES = 60


class Traffic:
    def __init__(self, daemon):
        self.daemon = daemon
        self.counts = collections.Counter()
        self.wrong = collections.Counter()
        self.is_ending = threading.Event()
        kinds = [self.churn, self.churn, self.keep_alive, self.cut_off, self.garbage, self.wait, self.refresh]
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

    def judge(self, answer):
        if answer.wrong or answer.status != 200:
            self.wrong[answer.wrong or f"status {answer.status} {answer.code}"] += 1

    def churn(self):
        self.judge(self.daemon.ask())

    def refresh(self):
        self.judge(self.daemon.ask("POST", "refresh"))
        # No more than upstream's quota.
        self.is_ending.wait(1)

    def keep_alive(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=10)
        for _ in range(100):
            connection.request(
                "GET", "/v1/instances/demo/token", headers={"Authorization": f"Bearer {self.daemon.token}"})
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                self.wrong[f"status {response.status} on a kept connection"] += 1
        connection.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.daemon.port), timeout=10)

    def cut_off(self):
        request = b"POST /v1/instances/demo/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhell"
        with self.connect() as client:
            client.sendall(request[:random.randrange(len(request))])

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


def sample(pid):
    """Descriptors, resident MiB and threads."""
    directory = pathlib.Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (directory / "status").read_text().splitlines())
    return len(list((directory / "fd").iterdir())), int(status["VmRSS"].split()[0]) / 1024, int(status["Threads"])


def main():
    with tempfile.TemporaryDirectory(prefix="fedbroker-soak-") as scratch:
        scratch = pathlib.Path(scratch)
        certificates = Certificates(scratch)
        hosts_file = scratch / "hosts"
        upstream = Upstream(certificates, hosts_file, lifetime=10)
        daemon = Daemon(scratch / "home", upstream, hosts_file, certificates, warm=True)
        daemon.seconds_until(lambda: daemon.ask().status == 200)
        idle, _, _ = sample(daemon.process.pid)
        traffic = Traffic(daemon)
        samples = []
        for number in range(SAMPLES):
            time.sleep(MINUTES * 60 / SAMPLES)
            samples.append(sample(daemon.process.pid))
            if number % 6 == 5:
                descriptors, resident, threads = samples[-1]
                print(f"{traffic.counts.total():8,} exchanges: {descriptors:4} descriptors, {resident:5.1f} MiB, "
                      f"{threads} threads, {traffic.wrong.total()} wrong", flush=True)
        traffic.end()
        # What connections there were are gone a moment after their clients.
        daemon.seconds_until(lambda: sample(daemon.process.pid)[0] <= idle, at_most=5)
        descriptors, _, _ = sample(daemon.process.pid)
        failure = daemon.stop()
    early, late = samples[SAMPLES // 5:SAMPLES // 5 * 2], samples[-SAMPLES // 5:]
    memory, threads = (
        statistics.median(row[column] for row in late) - statistics.median(row[column] for row in early)
        for column in (1, 2))
    print(f"from the second fifth to the last: {memory:+.1f} MiB, {threads:+.0f} threads; {idle} descriptors before, "
          f"{descriptors} after; {dict(traffic.wrong) or 'no wrong answer'}")
    print(dict(traffic.counts))
    failed = failure or traffic.wrong or memory > 3 or threads > 2 or descriptors > idle
    if failure:
        print(failure)
    sys.exit(1 if failed else 0)


main()
