"""The course's commands: ``python -m coursekit prepare`` and ``python -m coursekit doctor``."""

from __future__ import annotations

import argparse
import sys

from coursekit import offline


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m coursekit", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare", help="put the offline BERT into the Hugging Face cache")
    parser.parse_args()
    print(offline.prepare())
    return 0


if __name__ == "__main__":
    sys.exit(main())
