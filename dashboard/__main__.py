"""`auditlens` and `python -m dashboard`: one command."""

import sys


def main() -> None:
    """Run the command line; its exit code is the process's."""
    from dashboard import cli

    sys.exit(cli.main())


if __name__ == "__main__":
    main()
