"""Reads times as botocore reads those of any answer (botocore.utils.parse_timestamp).

Reads JSON lines {"text"} from times.jsonl, or from the file given, and prints each with "milliseconds", rounded down, as
botocore has it, null where it refuses the text; a time without a zone counts as UTC. Rows with "differs" say why we
differ, and "ours" what we read.
"""

import json
import math
import sys
import warnings
from datetime import timezone
from fractions import Fraction

from botocore.utils import parse_timestamp

warnings.simplefilter("ignore")


def milliseconds(text):
    try:
        time = parse_timestamp(text)
    except Exception:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=timezone.utc)
    try:
        time = time.astimezone(timezone.utc)
    except (OverflowError, ValueError):
        return None
    seconds = (time.toordinal() - 719163) * 86400 + time.hour * 3600 + time.minute * 60 + time.second
    return math.floor(seconds * 1000 + Fraction(time.microsecond, 1000))


for line in open(sys.argv[1], encoding="utf-8"):
    row = json.loads(line)
    row["milliseconds"] = milliseconds(row["text"])
    print(json.dumps(row, ensure_ascii=False, sort_keys=True))
