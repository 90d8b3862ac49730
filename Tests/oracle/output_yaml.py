"""Prints each argument, a YAML document, as a line of JSON: what PyYAML, a reader of YAML 1.1, takes it for."""

import json
import sys

import yaml


def main():
    for document in sys.argv[1:]:
        print(json.dumps(yaml.safe_load(document)))


if __name__ == "__main__":
    main()
