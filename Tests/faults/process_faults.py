"""What happens to the daemon itself: signals, its log, its token file."""

import contextlib
import copy
import os
import pathlib
import shutil
import signal
import subprocess
import time

from bench import Bench


def stopped(directory, certificates, seconds):
    """SIGSTOP for longer than the token lives, then SIGCONT: who waited that long is answered."""
    bench = Bench(directory, certificates, lifetime=max(6, seconds / 2))
    bench.daemon.patience += seconds
    wrong = []
    with bench.load():
        bench.daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        bench.daemon.process.send_signal(signal.SIGCONT)
        recovery = bench.daemon.seconds_until(lambda: bench.daemon.ask().status == 200)
        bench.wait_for_answers(100)
    if recovery > 1:
        wrong.append("late recovery")
    return bench.verdict(wrong, standstill=seconds, note=f"; served {recovery:.2f} s after SIGCONT")


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
    """SIGTERM under load: what is being answered is answered in full, and the exit status is 0."""
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
    # Turned away at the port, or before the request was read.
    turned_away = {"ConnectionRefusedError", "ConnectionResetError", "RemoteDisconnected"}
    if {answer.code for answer in bench.answers if answer.status != 200} - turned_away:
        wrong.append("an answer was cut off")
    return bench.verdict(wrong, may_lose=True, note=f"; ended in {took:.2f} s")


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


def audit_disk_full(directory, certificates, _):
    """The audit log is required: nobody gets what cannot be recorded, and everyone again once there is room."""
    disk = directory / "disk"
    bench = Bench(
        directory, certificates, setup=f"mkdir -p {disk} && mount -t tmpfs -o size=16k none {disk} &&",
        limits=f'[audit]\nfile = "{disk}/audit.jsonl"\nrequired = true\n')
    # The daemon's own mount, seen from outside.
    filler = pathlib.Path(f"/proc/{bench.daemon.process.pid}/root{disk}/filler")
    wrong = []
    with bench.load():
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"x" * 512):
                pass
        # Lines are still appended to the log's last page, for as long as that has room.
        full = bench.daemon.seconds_until(lambda: bench.daemon.ask("DELETE", "token").status == 503)
        if full == 10:
            wrong.append("who could not be recorded was answered")
        if bench.daemon.metric("fedbroker_audit_lost_total") == 0:
            wrong.append("the loss was not counted")
        filler.unlink()
        bench.daemon.seconds_until(lambda: bench.daemon.ask("DELETE", "token").status == 204)
        if bench.daemon.seconds_until(lambda: bench.daemon.ask().status == 200) == 10:
            wrong.append("no recovery")
        bench.wait_for_answers(100)
    if {answer.code for answer in bench.answers if answer.status != 200} - {"AuditUnavailable"}:
        wrong.append("lost for another reason")
    return bench.verdict(wrong, may_lose=True)


def authority_replaced(directory, certificates, _):
    """The file of authorities is written anew in place, and replaced: each is in force for the next connection."""
    own = copy.copy(certificates)
    own.authority = directory.with_suffix(".pem")
    shutil.copy(certificates.authority, own.authority)
    bench = Bench(directory, own)
    wrong = []
    with bench.load():
        shutil.copy(certificates.directory / "wrong.pem", own.authority)
        # Ends the connections that the former authority let in.
        bench.upstream.set_fault(None)
        if bench.daemon.ask("POST", "refresh").status == 200:
            wrong.append("the former authority is still trusted")
        new = own.authority.with_suffix(".new")
        shutil.copy(certificates.authority, new)
        new.rename(own.authority)
        if bench.daemon.seconds_until(lambda: bench.daemon.ask("POST", "refresh").status == 200) > 1:
            wrong.append("late")
    return bench.verdict(wrong)


CELLS = {
    "audit log on a full disk": audit_disk_full,
    "authority replaced": authority_replaced,
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
