"""The proof of one event, a file that checks alone."""

from collections.abc import Collection

from dashboard.errors import DamagedError, UsageError
from dashboard.export.evidence.heads import NotSignedYet, newest_head, trusted_keys
from dashboard.export.evidence.rows import RowSource
from dashboard.keeping.log import Log
from dashboard.ledger.proof import tlog_proof
from dashboard.ledger.tlog import Tiles
from dashboard.record.proving import ProvingRecord


def prove(log: Log, event: int | str, withheld: Collection[str] = ()) -> str:
    """The tlog-proof of an event, named by its id or as `seq:N`, its row within; some milliseconds.

    Raises UsageError when there is no such event, NotSignedYet when it waits to be sealed or signed, DamagedError when
    what the record holds is not what was sealed.
    """
    with ProvingRecord.open(log.urls.of("reader"), "reader") as record:
        seq = _place(record, event)
        head = newest_head(record, trusted_keys(log))
        if seq >= head.checkpoint.size:
            raise NotSignedYet(
                f"The event at seq {seq:,} is sealed, but the signed head covers only {head.checkpoint.size:,} events.",
                "Wait some seconds; if it stays so, the sealer has stopped: see `auditlens status`.",
            )
        with RowSource(log, record, withheld) as source:
            row = next(source.rows([seq]))
        tiles = Tiles(record.tile, head.checkpoint.size)
        text = tlog_proof(record, seq, head.note, row.text.encode(), tiles=tiles)
        if row.leaf != tiles.leaf(seq):
            raise DamagedError(
                f"The event at seq {seq:,} is not what was sealed there.",
                "Run `auditlens verify --full`: it says what was changed.",
            )
        return text


def _place(record: ProvingRecord, event: int | str) -> int:
    text = str(event)
    digits = text.removeprefix("seq:")
    if not (digits.isascii() and digits.isdigit()) or int(digits) >= 2**63:
        raise UsageError(f"{text[:64]!r} is not an event", "Write its id, or its place as seq:12.")
    number = int(digits)
    if text.startswith("seq:"):
        head = record.head()
        size = head.tree_size if head else 0
        if number >= size:
            raise UsageError(f"There is no event at seq {number:,}: the log has {size:,} sealed events.")
        return number
    seq = record.place_of_event(number)
    if seq is not None:
        return seq
    if record.holds_event(number):
        raise NotSignedYet(
            f"Event {number} is recorded, but not sealed yet.",
            "Wait some seconds; if it stays so, the sealer has stopped: see `auditlens status`.",
        )
    raise UsageError(f"There is no event {number}.", "Write its id, or its place as seq:12.")
