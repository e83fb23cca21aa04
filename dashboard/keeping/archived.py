"""Rows of the archive as their leaves were made of them: both tables side by side."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from dashboard.archive.table import ArchiveTable
from dashboard.events.canonical import LeafInput, PlaceInput, disclosures
from dashboard.ledger import leaves
from dashboard.record.read import SALTS

_TEXT_TIME = "%Y-%m-%dT%H:%M:%S%.6fZ"


@dataclass(frozen=True, slots=True)
class Archived:
    """Some rows, in the order of the log: `inputs` has the columns that a leaf is computed from, `sealed` the leaf that
    was sealed.
    """

    seqs: pl.Series
    inputs: pl.DataFrame
    sealed: Sequence[bytes]

    def differing(self, erased: leaves.Digests) -> list[int]:
        """The places whose row does not give the leaf that was sealed."""
        found = leaves.leaf_hashes(self.inputs, erased)
        return [
            seq for seq, leaf, sealed in zip(self.seqs.to_list(), found, self.sealed, strict=True) if leaf != sealed
        ]

    def digests(self) -> Mapping[tuple[int, str], bytes]:
        """(event id, group) -> digest of every group that is not erased."""
        found: dict[tuple[int, str], bytes] = {}
        for row in self.inputs.rows(named=True):
            event = LeafInput(**{name: row[name] for name in LeafInput._fields})
            place = PlaceInput(row["region"], row["country"], row["geo_source"], row["place_salt"])
            for group, told in disclosures(event, place).items():
                found[event.id, group] = hashlib.sha256(told.encode()).digest()
        return found


def archived(events: ArchiveTable, evidence: ArchiveTable, seqs: pl.Series) -> Archived:
    """The rows of these places, as far as the archive holds them. About 20 µs a row, and 2 KiB of memory."""
    low, high = seqs.min(), seqs.max()
    asked = pl.col("seq").is_between(low, high) & pl.col("seq").is_in(seqs.implode())
    proofs = evidence.scan().filter(asked).select("seq", "leaf", "original", *SALTS)
    rows = events.scan().filter(asked).join(proofs, on="seq").sort("seq").collect()
    times = [pl.col(name).dt.strftime(_TEXT_TIME) for name in ("recorded_at", "occurred_at")]
    digest = pl.Series("original_sha256", [_sha256(line) for line in rows["original"]], dtype=pl.String)
    inputs = rows.with_columns(*times, pl.col(*SALTS).bin.encode("hex"), digest).select(*leaves.COLUMNS)
    return Archived(rows["seq"], inputs, rows["leaf"].to_list())


def _sha256(line: bytes | None) -> str | None:
    return None if line is None else hashlib.sha256(line).hexdigest()
