"""Prints, as one JSON array, where the code points that the AWS CLI counts as two columns begin and end by turns."""

import json
import sys
import unicodedata


def main():
    edges = []
    for code in range(sys.maxunicode + 1):
        is_wide = unicodedata.east_asian_width(chr(code)) in "WFA"
        if is_wide != (len(edges) % 2 == 1):
            edges.append(code)
    print(json.dumps(edges))


if __name__ == "__main__":
    main()
