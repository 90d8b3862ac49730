"""A daemon with a working upstream, and clients that ask in a loop."""

import collections
import contextlib
import threading

from daemon import DEADLINE, Daemon
from upstream import Upstream

# Two, so that one's token could be taken for the other's.
INSTANCES = ["demo", "other"]


class Bench:
    def __init__(self, directory, certificates, lifetime=900, **options):
        directory.mkdir()
        self.certificates = certificates
        self.hosts_file = directory / "hosts"
        self.directory = directory
        self.upstream = Upstream(certificates, self.hosts_file, lifetime=lifetime)
        self.daemon = self.start(**options)
        self.answers = []
        self.is_ending = threading.Event()

    def start(self, **options):
        return Daemon(
            self.directory / "home", self.upstream, self.hosts_file, self.certificates, warm=INSTANCES, **options)

    @contextlib.contextmanager
    def load(self, clients=16):
        def client(instance):
            while not self.is_ending.is_set():
                self.answers.append(self.daemon.ask(instance=instance))

        threads = [threading.Thread(target=client, args=(INSTANCES[number % 2],)) for number in range(clients)]
        for instance in INSTANCES:
            self.daemon.seconds_until(lambda: self.daemon.ask(instance=instance).status == 200)
        for thread in threads:
            thread.start()
        self.wait_for_answers(50)
        try:
            yield
        finally:
            self.is_ending.set()
            for thread in threads:
                thread.join()

    def wait_for_answers(self, count):
        target = len(self.answers) + count
        self.daemon.seconds_until(lambda: len(self.answers) >= target)

    def longest(self, since=0):
        """How long an answer took at most, of those from that one on."""
        return max((answer.seconds for answer in self.answers[since:]), default=0)

    def verdict(self, wrong, may_lose=False, standstill=0, note=""):
        wrong = wrong + sorted({answer.wrong for answer in self.answers if answer.wrong})
        codes = collections.Counter(answer.code for answer in self.answers if answer.status != 200)
        lost = ", ".join(f"{count} {code}" for code, count in codes.items()) or "nothing"
        if codes and not may_lose:
            wrong.append("something was lost")
        if self.longest() > DEADLINE + 1 + standstill:
            wrong.append(f"an answer took {self.longest():.1f} s")
        if self.daemon.is_running and (failure := self.daemon.stop()):
            wrong.append(failure)
        self.upstream.set_fault("refuses")
        return f"asked {len(self.answers)}, lost {lost}{note}", wrong
