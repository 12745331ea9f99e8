"""Health check of a container: `python -m itilnext.probe URL` ends with 0 if the URL answers 200."""

import sys
import urllib.error
import urllib.request


def main(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:  # noqa: S310  # an address of the compose file
            return 0 if answer.status == 200 else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
