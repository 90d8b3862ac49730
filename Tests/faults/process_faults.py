"""What happens to the daemon itself: signals, its log, its token file."""

import contextlib
import os
import signal
import subprocess
import threading
import time

from daemon import Daemon
from upstream import Upstream


class Bench:
    """A daemon with a working upstream, and clients that ask in a loop."""

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
        return Daemon(self.directory / "home", self.upstream, self.hosts_file, self.certificates, warm=True, **options)

    @contextlib.contextmanager
    def load(self, clients=16):
        def client():
            while not self.is_ending.is_set():
                self.answers.append(self.daemon.ask())

        threads = [threading.Thread(target=client) for _ in range(clients)]
        self.daemon.seconds_until(lambda: self.daemon.ask().status == 200)
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

    def verdict(self, wrong, may_lose=False, note=""):
        wrong = wrong + sorted({answer.wrong for answer in self.answers if answer.wrong})
        lost = sum(answer.status != 200 for answer in self.answers)
        if lost and not may_lose:
            wrong.append(f"{lost} lost")
        if self.daemon.is_running and (failure := self.daemon.stop()):
            wrong.append(failure)
        self.upstream.set_fault("refuses")
        return f"asked {len(self.answers)}, lost {lost}{note}", wrong


def stopped(directory, certificates, seconds):
    """SIGSTOP for longer than the token lives, then SIGCONT."""
    bench = Bench(directory, certificates, lifetime=max(6, seconds / 2))
    wrong = []
    with bench.load():
        bench.daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        bench.daemon.process.send_signal(signal.SIGCONT)
        recovery = bench.daemon.seconds_until(lambda: bench.daemon.ask().status == 200)
        bench.wait_for_answers(100)
    if recovery > 1:
        wrong.append("late recovery")
    # A client's own patience may end while the daemon stands still.
    return bench.verdict(wrong, may_lose=seconds > 10, note=f"; served {recovery:.2f} s after SIGCONT")


def killed(directory, certificates, _):
    """SIGKILL under load, and a restart on the same port with the same token file."""
    bench = Bench(directory, certificates)
    wrong = []
    with bench.load():
        token = bench.daemon.token
        bench.daemon.process.kill()
        bench.daemon.process.wait()
        restarted = time.monotonic()
        bench.daemon = bench.start(port=bench.daemon.port)
        bench.daemon.seconds_until(lambda: bench.daemon.ask().status == 200)
        recovery = time.monotonic() - restarted
        bench.wait_for_answers(100)
    if bench.daemon.token != token:
        wrong.append("another local token")
    if recovery > 1:
        wrong.append("late recovery")
    return bench.verdict(wrong, may_lose=True, note=f"; served {recovery:.2f} s after the restart")


def terminated(directory, certificates, _):
    """SIGTERM under load: what was begun is answered, and the exit status is 0."""
    bench = Bench(directory, certificates)
    wrong = []
    with bench.load():
        bench.daemon.process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        status = bench.daemon.process.wait(15)
        took = time.monotonic() - started
    if status != 0:
        wrong.append(f"exit {status}")
    if took > 11:
        wrong.append("took longer than its grace")
    return bench.verdict(wrong, may_lose=True, note=f" to a closed port; ended in {took:.2f} s")


def log_gone(name, log, setup=""):
    def run(directory, certificates, _):
        # Without a log to read it from, the port is chosen here.
        bench = Bench(directory, certificates, log=log(), port=27791 + list(CELLS).index(f"log {name}"), setup=setup)
        with bench.load():
            bench.wait_for_answers(200)
            bench.upstream.set_fault("500")
            bench.daemon.ask("POST", "refresh")
            bench.wait_for_answers(200)
        return bench.verdict([] if bench.daemon.is_running else ["crashed"])

    return run


def reader_gone():
    read, write = os.pipe()
    os.close(read)
    return write


def token_file(change, survives):
    """`survives`: whether the former token is still in force afterwards."""

    def run(directory, certificates, _):
        bench = Bench(directory, certificates)
        former = bench.daemon.token
        wrong = []
        with bench.load():
            changed = change(bench.daemon.token_file)
            if survives:
                bench.daemon.seconds_until(lambda: "stays in force" in bench.daemon.log.read_text(), at_most=2)
            else:
                bench.daemon.token = changed
                took = bench.daemon.seconds_until(lambda: bench.daemon.ask().status == 200)
                if took > 1:
                    wrong.append("late")
                if bench.daemon.ask(token=former).status != 401:
                    wrong.append("the former token still opens")
            bench.wait_for_answers(100)
        return bench.verdict(wrong, may_lose=not survives)

    return run


def replace(path):
    other = "n" * 43
    new = path.with_suffix(".new")
    new.touch(0o600)
    new.write_text(other)
    new.rename(path)
    return other


CELLS = {
    "SIGSTOP": stopped,
    "SIGKILL and restart": killed,
    "SIGTERM under load": terminated,
    "log closed": log_gone("closed", lambda: subprocess.DEVNULL, setup="exec 2>&- ;"),
    "log on a full disk": log_gone("on a full disk", lambda: open("/dev/full", "w")),
    "log without a reader": log_gone("without a reader", reader_gone),
    "token file deleted": token_file(lambda path: path.unlink(), survives=True),
    "token file truncated": token_file(lambda path: os.truncate(path, 0), survives=True),
    "token file replaced": token_file(replace, survives=False),
}
