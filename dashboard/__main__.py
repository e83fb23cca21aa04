"""`auditlens` and `python -m dashboard`: one command."""

import signal
import sys
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)


class _Ended(BaseException):
    """A signal asked the process to end: raised where it is, so that a started database and locks are given back."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main() -> None:
    """Run the command line; its exit code is the process's. A signal ends it once all is put away."""
    from dashboard import cli

    for number in _ENDING:
        signal.signal(number, _end)
    try:
        code = cli.main()
    except _Ended as ended:
        signal.signal(ended.number, signal.SIG_DFL)
        signal.raise_signal(ended.number)
        raise
    sys.exit(code)


def _end(number: int, _: FrameType | None) -> None:
    for other in _ENDING:
        signal.signal(other, signal.SIG_IGN)  # putting things away is not interrupted
    raise _Ended(number)


if __name__ == "__main__":
    main()
