"""The daemon's clock is set an hour forward or back, and right again, while upstream's goes on."""

import threading
import time

from bench import Bench
from clock import Clock

# Of a token, in seconds.
LIFETIME = 9
# What the rate limit lets through to upstream: so many at once, and so many a second.
BURST, RATE = 5, 2
# What a call under way takes, in seconds, so that the clock can be set meanwhile.
CALL_TIME = 0.5
# A client waits for one call at most before its own: what came of it may count as expired by the new time.
RECOVERY = 1.0


def run(hours, is_refreshing, directory, certificates):
    clock = Clock(directory.with_suffix(".clock"))
    bench = Bench(directory, certificates, lifetime=LIFETIME, clock=clock)
    wrong, notes = [], []
    with bench.load(clients=8):
        for seconds in (hours * 3600, 0):
            asked, calls, misdated = len(bench.answers), bench.upstream.calls, bench.upstream.misdated
            started = time.monotonic()
            refresh = threading.Thread(target=bench.daemon.ask, args=("POST", "refresh"))
            if is_refreshing:
                bench.upstream.pause = CALL_TIME
                refresh.start()
                bench.daemon.seconds_until(lambda: bench.upstream.calls > calls)
            clock.set(seconds)
            bench.upstream.pause = 0
            if abs(bench.daemon.wall_clock() - time.time() - seconds) > 5:
                wrong.append("the clock was not set")
            recovery = bench.daemon.seconds_until(lambda: bench.daemon.ask("POST", "refresh").status == 200)
            if is_refreshing:
                refresh.join()
            # The next refresh ahead of expiry, and the end of the token that was there, fall into this time.
            time.sleep(LIFETIME + 1)
            calls = bench.upstream.calls - calls
            misdated = bench.upstream.misdated - misdated
            if recovery > RECOVERY or bench.longest(since=asked) > RECOVERY + (CALL_TIME if is_refreshing else 0):
                wrong.append("late recovery")
            if calls > BURST + RATE * (time.monotonic() - started):
                wrong.append("more calls than the rate limit allows")
            # The first after the clock was set shows its date; who is not signed anew by upstream's is lost.
            if not misdated:
                wrong.append("no signature had the new time")
            notes.append(f"{bench.longest(since=asked):.2f} s at most, {calls} calls, {misdated} misdated")
    return bench.verdict(wrong, note=f"; {'; then right: '.join(notes)}")


CELLS = {
    f"clock set an hour {direction} × {'during refresh' if is_refreshing else 'warm'}":
        lambda directory, certificates, hours=hours, is_refreshing=is_refreshing:
            run(hours, is_refreshing, directory, certificates)
    for direction, hours in (("forward", 1), ("back", -1)) for is_refreshing in (False, True)
}
