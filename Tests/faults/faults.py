#!/usr/bin/env python3
"""The fault matrix: one line a cell, what was asked and what was lost. Fails if any cell is not as it must be.

In every cell: no crash, no answer past the deadline, no expired or foreign token, and recovery within a second of the
fault's end. Needs root, for a hosts file that only the daemon sees.

Usage: faults.py [--stop SECONDS] [WORD...]: cells whose names hold every WORD.
"""

import argparse
import concurrent.futures
import os
import pathlib
import resource
import sys
import tempfile

import clock_faults
import crowd_faults
import process_faults
import upstream_faults
from upstream import Certificates


class Matrix:
    def __init__(self, words, scratch):
        self.words = words
        self.scratch = scratch
        self.certificates = Certificates(scratch)
        self.count = self.failures = 0

    def run(self, cells, at_once):
        """Runs those that are chosen, and prints each in its place."""
        chosen = [(name, run) for name, run in cells.items() if all(word in name for word in self.words)]
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            running = []
            for name, run in chosen:
                self.count += 1
                running.append((name, pool.submit(run, self.scratch / f"cell-{self.count}", self.certificates)))
            for name, result in running:
                line, wrong = result.result()
                self.failures += bool(wrong)
                ending = f"; {', '.join(wrong)}" if wrong else ""
                print(f"{'FAILED' if wrong else 'ok':6} {name}: {line}{ending}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stop", type=int, default=60, help="how long SIGSTOP lasts, in seconds")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("the fault matrix needs root: it gives the daemon a hosts file of its own")
    _, descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    upstream_cells = {
        f"{fault} × {state}": lambda directory, certificates, fault=fault, state=state:
            upstream_faults.run(fault, state, directory, certificates)
        for fault, state in upstream_faults.cells()
    }
    process_cells = {
        name: lambda directory, certificates, run=run: run(directory, certificates, arguments.stop)
        for name, run in process_faults.CELLS.items()
    }
    with tempfile.TemporaryDirectory(prefix="fedbroker-faults-") as scratch:
        matrix = Matrix(arguments.words, pathlib.Path(scratch))
        matrix.run(upstream_cells | process_cells | clock_faults.CELLS, at_once=3)
        # These need the machine for themselves.
        matrix.run(crowd_faults.CELLS, at_once=1)
    print(f"{matrix.count} cells, {matrix.failures} failed")
    return 1 if matrix.failures else 0


sys.exit(main())
