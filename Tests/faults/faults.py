#!/usr/bin/env python3
"""The fault matrix: one line a cell, what was asked and what was lost. Fails if any cell is not as it must be.

In every cell: no crash, no answer past the deadline, no expired or foreign token, and recovery once the fault is over.
Needs root, for a hosts file that only the daemon sees. A clock that is set is not among the faults: the tests of
TokenBroker move a manual clock instead, since the machine's is everyone's.

Usage: faults.py [--stop SECONDS] [WORD...]: cells whose names hold every WORD.
"""

import argparse
import concurrent.futures
import os
import pathlib
import sys
import tempfile

import process_faults
import upstream_faults
from upstream import Certificates


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stop", type=int, default=60, help="how long SIGSTOP lasts, in seconds")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("the fault matrix needs root: it gives the daemon a hosts file of its own")

    cells = {
        f"{fault} × {state}": lambda directory, certificates, fault=fault, state=state:
            upstream_faults.run(fault, state, directory, certificates)
        for fault, state in upstream_faults.cells()
    }
    cells |= {
        name: lambda directory, certificates, run=run: run(directory, certificates, arguments.stop)
        for name, run in process_faults.CELLS.items()
    }
    failures = 0
    with tempfile.TemporaryDirectory(prefix="fedbroker-faults-") as scratch:
        scratch = pathlib.Path(scratch)
        certificates = Certificates(scratch)
        chosen = {name: run for name, run in cells.items() if all(word in name for word in arguments.words)}
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            running = [
                (name, pool.submit(run, scratch / f"cell-{number}", certificates))
                for number, (name, run) in enumerate(chosen.items())
            ]
            for name, result in running:
                line, wrong = result.result()
                failures += bool(wrong)
                print(f"{'FAILED' if wrong else 'ok':6} {name}: {line}{'; ' if wrong else ''}{', '.join(wrong)}", flush=True)
    print(f"{len(chosen)} cells, {failures} failed")
    return 1 if failures else 0


sys.exit(main())
