"""The commands that docs/install.md gives for containers."""

import pathlib
import re

PAGE = pathlib.Path("docs/install.md")


def commands():
    """Each command of the page's container blocks, in their order, as one line of shell."""
    blocks = re.findall(r"^```sh container\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [re.sub(r" +", " ", line) for line in lines if line]


def build_command():
    """The page's first command, which builds the image."""
    first = commands()[0]
    if not first.startswith("docker build "):
        raise ValueError(f"{PAGE}: the first command for containers is no docker build: {first}")
    return first
