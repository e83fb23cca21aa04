"""How much a run tries: `make test` a share of the random cases and of what is looked at twice, `make thorough` all.

Random cases are other ones in each run, so that many short runs try what a long one does.
"""

import os

THOROUGH = os.environ.get("AUDITLENS_TESTS") == "thorough"
_SHARE = 3


def cases(most: int) -> int:
    """How many of the random cases this run draws."""
    return most if THOROUGH else -(-most // _SHARE)
