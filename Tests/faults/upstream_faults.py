"""Each fault of upstream in each state of the cache."""

import collections
import concurrent.futures
import time

from daemon import CALL_TIMEOUT, DEADLINE, Daemon
from upstream import EXPIRED, FAULTS, Upstream

STATES = ["cold", "warm", "during refresh", "500 waiting"]
# A client's ask must succeed so soon after the fault's end, in seconds; one that was told to ask later (`Retry-After`)
# asks then, and must succeed so soon after that.
RECOVERY = 1.0
# A call that was under way when the fault ended is made again after a pause at random below this: the first step of the
# backoff of AWS's "standard" mode, since there are two attempts.
RETRY_PAUSE = 1.0
# For so long a fault lasts of which that matters: libcurl knows addresses for 60 s.
LASTING = {"500 for a minute": 60, "DNS gone": 61}


def cells():
    return [(fault, state) for fault in FAULTS for state in STATES]


def longest_recovery(fault, state):
    if state != "during refresh":
        return RECOVERY
    # A full queue answers nobody, not even when it is gone: the call under way waits for its time-out.
    return RECOVERY + RETRY_PAUSE + (CALL_TIMEOUT if fault == "hangs at connect" else 0)


def run(fault, state, directory, certificates):
    """One cell: what was asked and lost, and what is wrong with that."""
    directory.mkdir()
    hosts_file = directory / "hosts"
    upstream = Upstream(certificates, hosts_file, lifetime=8 if state == "during refresh" else 900)
    has_token = state in ("warm", "during refresh")
    daemon = Daemon(directory / "home", upstream, hosts_file, certificates, warm=["demo"] if has_token else [])
    wrong = []
    try:
        if has_token:
            daemon.seconds_until(lambda: daemon.ask().status == 200)
        upstream.set_fault(fault)
        before = daemon.memory()
        answers = ask(daemon, upstream, fault, state)
        growth = daemon.memory() - before
        upstream.set_fault(None)
        told = max(0, max(answer.retry_at for answer in answers) - time.monotonic())
        time.sleep(told)
        recovery = daemon.seconds_until(lambda: daemon.ask("POST", "refresh").status == 200)
        answers.append(daemon.ask())
        wrong += sorted({answer.wrong for answer in answers if answer.wrong})
        if not daemon.is_running:
            wrong.append("crashed")
        if max(answer.seconds for answer in answers) > DEADLINE + 1:
            wrong.append("past the deadline")
        if recovery > longest_recovery(fault, state):
            wrong.append("late recovery")
        if growth > 30:
            wrong.append(f"{growth:.0f} MB more memory")
        if has_token and answers[0].status != 200:
            wrong.append("a live token was not served")
        # A token that came expired is passed on.
        if fault not in EXPIRED and all(answer.status == 200 for answer in answers) and state != "during refresh":
            wrong.append("the fault was not met")
        if any(answer.status and answer.status < 500 and answer.status not in (200, 429) for answer in answers):
            wrong.append("a fault was put down to the caller")
        if any(answer.status == 0 for answer in answers):
            wrong.append("no answer")
    finally:
        if failure := daemon.stop():
            wrong.append(failure)
        upstream.set_fault("refuses")
    codes = collections.Counter(answer.code for answer in answers if answer.status != 200)
    lost = ", ".join(f"{count} {code}" for code, count in codes.items()) or "nothing"
    longest = max(answer.seconds for answer in answers)
    after = f" after the {told:.1f} s of Retry-After" if told else ""
    return f"asked {len(answers)}, lost {lost}; longest {longest:.2f} s, recovered in {recovery:.2f} s{after}", wrong


def ask(daemon, upstream, fault, state):
    """What clients get while the fault lasts."""
    end = time.monotonic() + LASTING.get(fault, 0)
    match state:
        case "cold":
            return ask_until(end, daemon)
        case "warm":
            answers = [daemon.ask(), *ask_until(end, daemon)]
            # What is left of the fault must be met: by no connection of before.
            upstream.set_fault(fault)
            return answers + [daemon.ask("POST", "refresh"), daemon.ask()]
        case "during refresh":
            answers = ask_until(end, daemon, pause=0.1)
            upstream.set_fault(fault)
            answers += ask_until_refresh_fails(daemon)
            if "429" in fault:
                # Who insists is told when to come again.
                answers.append(daemon.ask("POST", "refresh"))
            return answers
        case "500 waiting":
            # Two instances, so that one's token could be taken for the other's.
            with concurrent.futures.ThreadPoolExecutor(500) as pool:
                every = pool.map(lambda number: ask_until(end, daemon, ["demo", "other"][number % 2]), range(500))
                return [answer for answers in every for answer in answers]


def ask_until(end, daemon, instance="demo", pause=1.0):
    """Asks once, and again until then."""
    answers = [daemon.ask(instance=instance)]
    while time.monotonic() + pause < end:
        time.sleep(pause)
        answers.append(daemon.ask(instance=instance))
    return answers


def ask_until_refresh_fails(daemon):
    """Asks like a client in a loop while the token lives and its refresh fails in the background."""
    answers = [daemon.ask()]
    started = time.monotonic()
    while "a fetch failed" not in daemon.log.read_text() and time.monotonic() - started < 6:
        answers.append(daemon.ask())
        time.sleep(0.02)
    return answers
