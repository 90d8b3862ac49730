"""The blocks of a page of docs/, as its reader would copy them."""

import re

from machine import CLONE


class Block:
    def __init__(self, kind, text):
        self.kind, self.text = kind, text

    @property
    def commands(self):
        """One per line, except where a backslash joins lines."""
        return self.text.replace("\\\n", "").strip().split("\n")


def sections(page):
    """Returns the blocks of each heading, by the heading."""
    result, fence = {}, None
    for line in (CLONE / page).read_text().split("\n"):
        if line.startswith("```"):
            if fence is None:
                fence = Block(line.removeprefix("```"), "")
                result[heading].append(fence)
            else:
                fence = None
        elif fence is not None:
            fence.text += line + "\n"
        elif match := re.match(r"#+ (.*)", line):
            heading = match[1]
            result[heading] = []
    return result
