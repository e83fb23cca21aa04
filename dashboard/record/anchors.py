"""What is kept of copies of checkpoints outside: receipts, failures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.record.tree import TreeRecord


@dataclass(frozen=True, slots=True)
class Received:
    """A sink's receipt for a checkpoint."""

    tree_size: int
    root: bytes
    at: datetime
    receipt: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tries:
    """How it went with one sink."""

    received: Received | None = None
    tried_at: datetime | None = None
    error: str | None = None  # of the newest try; None when that gave a receipt
    failures: int = 0  # since the newest receipt


class AnchorRecord(TreeRecord):
    """A view of the tree and of the tries to carry its heads away."""

    def tries(self, sink: str) -> Tries:
        """How it went with a sink so far. A few index look-ups."""
        row = self._row("ledger/anchor_standing", {"sink": sink})
        if row is None or row[4] is None:
            return Tries()
        size, root, at, receipt, tried_at, error, failures = row
        received = None if at is None else Received(size, bytes(root), at, _parsed(receipt))
        return Tries(received, tried_at, error, failures)

    def receipt(self, sink: str, tree_size: int, root: bytes) -> Mapping[str, object] | None:
        """A sink's newest receipt for a tree; None when it gave none."""
        row = self._row("ledger/anchor_receipt", {"sink": sink, "tree_size": tree_size, "root": root})
        return None if row is None else _parsed(row[0])

    def signed_before(self, before: datetime) -> int | None:
        """The size of the newest tree that was signed before a time; None when there is none."""
        row = self._row("ledger/checkpoint_before", {"before": before})
        return None if row is None else int(row[0])


def _parsed(receipt: str) -> Mapping[str, object]:
    """A receipt as it was kept; empty when somebody put something else there."""
    try:
        found = json.loads(receipt)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
