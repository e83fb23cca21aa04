"""What passed on its way into a file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl


@dataclass(slots=True)
class Tally:
    """Counts the rows as they pass, and keeps what is to be said of the file: what its format could not hold."""

    told: Callable[[int], object] = lambda rows: None  # is told of each frame's
    rows: int = 0
    notes: list[str] = field(default_factory=list)

    def counting(self, batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """The same frames."""
        for batch in batches:
            self.rows += batch.height
            self.told(batch.height)
            yield batch
