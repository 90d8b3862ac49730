#!/usr/bin/env python
"""Builds the image and runs it in an engine, as its users do. Needs root; leaves nothing behind.

Usage: container.py [WORD...]: the tests whose names hold every WORD.

Processes, mounts and networks live in namespaces of their own and end with them, however this ends. The image is built
in the machine's network, to install from Debian. The tests have a network of their own, with no way out.
"""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

import images
from case import ContainerTest
from engine import Engine, EngineError

TOOLS = ["buildah", "podman", "runc", "debootstrap", "catatonit", "unshare", "mount", "ip", "tar", "curl", "swift"]
DIRECTORY = pathlib.Path(".build/container").absolute()
# sched.h
CLONE_NEWNET = 0x40000000


class Report(unittest.TestResult):
    """One line a test, as it ends. A skipped test is a failed one."""

    passed = failed = 0

    def addSuccess(self, test):
        self.passed += 1
        print(f"ok     {test.id()}", flush=True)

    def addFailure(self, test, error):
        self.failed += 1
        print(f"FAILED {test.id()}\n{self._exc_info_to_string(error, test)}", flush=True)

    addError = addFailure

    def addSkip(self, test, reason):
        self.failed += 1
        print(f"FAILED {test.id()}: skipped, {reason}", flush=True)


def supervise():
    """Runs this script again in its namespaces, and removes what is left of it."""
    DIRECTORY.parent.mkdir(exist_ok=True)
    with open(DIRECTORY.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Of a run that was killed.
        remove_leftovers()
        # catatonit, as the first process of the namespace, passes signals on and collects processes without a parent.
        isolated = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child",
             "catatonit", "--", sys.executable, __file__, "--isolated", *sys.argv[1:]])
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: interrupt(isolated.pid))
        status = isolated.wait()
        remove_leftovers()
    return status


def interrupt(pid):
    """Asks the tests to end. unshare(1) does not pass signals on: its child is catatonit, which does."""
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        os.kill(int(child), signal.SIGTERM)


def remove_leftovers():
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    # podman leaves the groups of pods, and those of containers that did not end by it.
    for parent in pathlib.Path("/sys/fs/cgroup").glob("**/libpod_parent"):
        for group, _, _ in os.walk(parent, topdown=False):
            # One that is in use, or holds such a one, stays.
            with contextlib.suppress(OSError):
                os.rmdir(group)


def run_isolated(words):
    # From the supervisor only: a terminal sends it to both.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, stop)
    hide_machine()
    engine = Engine(DIRECTORY)
    try:
        images.make_all(engine)
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            raise EngineError(f"no network namespace: {os.strerror(ctypes.get_errno())}")
        engine.run("ip", "link", "set", "lo", "up")
        return run_tests(engine, words)
    finally:
        engine.clear()


def stop(*_):
    """Ends the tests, once: what cleans up after them is not to be interrupted."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def hide_machine():
    """Gives the engine a /run and a /dev/shm of its own: in the machine's it would meet other engines, and systemd."""
    resolver = pathlib.Path("/etc/resolv.conf")
    servers, place = resolver.read_text(), resolver.resolve()
    for directory in ("/run", "/dev/shm"):
        subprocess.run(["mount", "--types", "tmpfs", "--options", "mode=0755", "tmpfs", directory], check=True)
    if place.is_relative_to("/run"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(servers)


def run_tests(engine, words):
    ContainerTest.engine = engine
    found = unittest.defaultTestLoader.discover(pathlib.Path(__file__).parent)
    chosen = [test for test in each(found) if all(word in test.id() for word in words)]
    report = Report()
    unittest.TestSuite(chosen).run(report)
    return report.passed, report.failed


def each(suite):
    for test in suite:
        yield from each(test) if isinstance(test, unittest.TestSuite) else [test]


def main():
    if sys.argv[1:2] == ["--isolated"]:
        try:
            passed, failed = run_isolated(sys.argv[2:])
        except (EngineError, OSError, ValueError, subprocess.SubprocessError) as error:
            print(f"test-container: {error}", file=sys.stderr)
            passed, failed = 0, 1
        except KeyboardInterrupt:
            print("test-container: interrupted", file=sys.stderr)
            passed, failed = 0, 1
        print(f"{passed} passed, {failed} failed", flush=True)
        return 1 if failed or not passed else 0
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if os.geteuid() != 0 or missing:
        reason = f"there is no {', '.join(missing)} on this machine" if missing else "it needs root"
        print(f"test-container: {reason}", file=sys.stderr)
        print("0 passed, 1 failed", flush=True)
        return 1
    return supervise()


sys.exit(main())
