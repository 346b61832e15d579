"""The container's health check: `python -m functions.relay.check PORT` ends with 0 while it answers."""

import sys
import urllib.error
import urllib.request
from typing import Final

ANSWER_SECONDS: Final = 2.0


def main() -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{int(sys.argv[1])}/health", timeout=ANSWER_SECONDS):
            return 0
    except (urllib.error.URLError, TimeoutError) as error:
        sys.stderr.write(f"the relay does not answer: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
