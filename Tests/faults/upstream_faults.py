"""Each fault of upstream in each state of the cache."""

import collections
import concurrent.futures
import time

from daemon import DEADLINE, Daemon
from upstream import FAULTS, Upstream

STATES = ["cold", "warm", "during refresh", "500 waiting"]
# A call that met the fault's end in mid-flight may still have to run into its time-out, of one second.
RECOVERY = 2.0
# Where AWS said to slow down, the rate limit lets the next call go when its bucket has filled again.
RECOVERY_FROM_THROTTLING = 4.0


def cells():
    return [(fault, state) for fault in FAULTS for state in STATES]


def run(fault, state, directory, certificates):
    """One cell: what was asked and lost, and what is wrong with that."""
    directory.mkdir()
    hosts_file = directory / "hosts"
    upstream = Upstream(certificates, hosts_file, lifetime=8 if state == "during refresh" else 900)
    has_token = state in ("warm", "during refresh")
    daemon = Daemon(directory / "home", upstream, hosts_file, certificates, warm=has_token)
    wrong = []
    try:
        if has_token:
            daemon.seconds_until(lambda: daemon.ask().status == 200)
        upstream.set_fault(fault)
        before = daemon.resident_megabytes()
        match state:
            case "cold": answers = [daemon.ask()]
            case "warm": answers = [daemon.ask(), daemon.ask("POST", "refresh"), daemon.ask()]
            case "during refresh": answers = ask_until_refresh_fails(daemon)
            case "500 waiting":
                with concurrent.futures.ThreadPoolExecutor(500) as pool:
                    answers = list(pool.map(lambda _: daemon.ask(), range(500)))
        growth = daemon.resident_megabytes() - before
        upstream.set_fault(None)
        recovery = daemon.seconds_until(lambda: daemon.ask("POST", "refresh").status == 200)
        answers.append(daemon.ask())
        wrong += sorted({answer.wrong for answer in answers if answer.wrong})
        if not daemon.is_running:
            wrong.append("crashed")
        if max(answer.seconds for answer in answers) > DEADLINE + 1:
            wrong.append("past the deadline")
        if recovery > (RECOVERY_FROM_THROTTLING if "429" in fault else RECOVERY):
            wrong.append("late recovery")
        if growth > 30:
            wrong.append(f"{growth:.0f} MB more memory")
        if has_token and answers[0].status != 200:
            wrong.append("a live token was not served")
        if state == "cold" and fault != "expired token" and answers[0].status < 500 and answers[0].status != 429:
            wrong.append(f"status {answers[0].status} for a fault")
        if any(answer.status == 0 for answer in answers):
            wrong.append("no answer")
    finally:
        if failure := daemon.stop():
            wrong.append(failure)
        upstream.set_fault("refuses")
    codes = collections.Counter(answer.code for answer in answers if answer.status != 200)
    lost = ", ".join(f"{count} {code}" for code, count in codes.items()) or "nothing"
    longest = max(answer.seconds for answer in answers)
    return f"asked {len(answers)}, lost {lost}; longest {longest:.2f} s, recovered in {recovery:.2f} s", wrong


def ask_until_refresh_fails(daemon):
    """Asks like a client in a loop while the token lives and its refresh fails in the background."""
    answers = [daemon.ask()]
    started = time.monotonic()
    while "a fetch failed" not in daemon.log.read_text() and time.monotonic() - started < 6:
        answers.append(daemon.ask())
        time.sleep(0.02)
    return answers
