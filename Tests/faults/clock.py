"""A wall clock that one process sees and a test sets."""

import os
import pathlib
import subprocess


class Clock:
    def __init__(self, directory):
        directory.mkdir()
        library = directory / "clock.so"
        source = pathlib.Path(__file__).with_name("clock.c")
        subprocess.run(["clang", "-O", "-shared", "-fPIC", "-Wall", "-Wextra", "-o", library, source], check=True)
        self.ahead = directory / "ahead"
        self.ahead.write_bytes(bytes(8))
        announcement = directory / "set"
        os.mkfifo(announcement)
        self.announcement = os.open(announcement, os.O_RDWR)
        self.environment = {
            "LD_PRELOAD": str(library), "FAULTS_CLOCK_AHEAD": str(self.ahead), "FAULTS_CLOCK_SET": str(announcement),
        }

    def set(self, seconds):
        """Sets it to so many seconds ahead of the right time, as date(1) or a time daemon that steps it would."""
        with self.ahead.open("r+b") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))
        os.write(self.announcement, bytes(8))
