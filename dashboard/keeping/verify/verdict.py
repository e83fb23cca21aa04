"""From what does not fit to what happened: the fewest findings that explain it, each with the narrowest window."""

from collections.abc import Iterable, Iterator, Sequence

from dashboard.keeping.verify.bounding import bounded
from dashboard.keeping.verify.rows import Odd, judged
from dashboard.keeping.verify.tree import Heard, Source, Statement, Torn, TreeCheck
from dashboard.ledger.keys import Trusted
from dashboard.ledger.note import BadNote
from dashboard.ledger.report import Finding, Kind, Range
from dashboard.ledger.tlog import TILE_WIDTH
from dashboard.record.tree import Head
from dashboard.record.verifying import Break, Extent

_OUTSIDE = (Source.MEMORY, Source.COPY)
_WHO = {
    Source.SEAL: "the root of a seal",
    Source.CHECKPOINT: "a checkpoint that the sealer signed",
    Source.RECEIPT: "a receipt of what was put outside",
    Source.MEMORY: "what the sealer remembers outside the database",
    Source.COPY: "a copy of a checkpoint outside the database",
}


def of_rows(odd: Iterable[Odd], check: TreeCheck) -> list[Finding]:
    """What the odd places mean, now that the tree is known."""
    found = (judged(one, trusts_tree=one.seq // TILE_WIDTH not in check.by_places) for one in odd)
    return bounded([finding for finding in found if finding is not None])


def of_tree(check: TreeCheck, head: Head, trusted: Trusted) -> list[Finding]:
    """What the climb found: a torn tree, altered roots, rewritten history."""
    heard = {source: _authentic(said, source, trusted) for source, said in check.heard.items()}
    wrong = {source: said for source, said in heard.items() if said.wrong}
    end = min((said.wrong[0].size for said in wrong.values()), default=0)
    window = (max(said.agreed for said in heard.values() if said.agreed < end), end) if end else None
    torn = [_of_torn(one, _overlap(one, window), head) for one in check.torn]
    explained = any(_overlap(one, window) for one in check.torn)
    return bounded(torn if explained or not wrong else [*torn, *_of_statements(heard, wrong)])


def _overlap(torn: Torn, window: Range | None) -> Range | None:
    """The leaves that both the torn part and the first wrong root speak of."""
    if window is None or torn.is_rebuilt:
        return None
    first, stop = max(torn.first, window[0]), min(torn.last + 1, window[1])
    return (first, stop) if first < stop else None


def _authentic(said: Heard, source: Source, trusted: Trusted) -> Heard:
    """Without checkpoints that no trusted key signed: they state nothing, and are findings of their own."""
    if source is not Source.CHECKPOINT:
        return said
    return Heard(said.agreed, said.largest, [one for one in said.wrong if _is_signed(one, trusted)], said.count)


def _is_signed(statement: Statement, trusted: Trusted) -> bool:
    try:
        trusted.open_checkpoint(statement.note or "")
    except BadNote:
        return False
    return True


def _of_torn(torn: Torn, suspect: Range | None, head: Head) -> Finding:
    what = torn.what[0].upper() + torn.what[1:]
    if suspect is not None:
        return Finding(
            kind=Kind.TREE, first=suspect[0], last=suspect[1] - 1,
            message=f"{what} does not fit what is stored under it, nor do the sealed roots: one or more of these "
            "events, their leaves and the tree were altered together.",
        )  # fmt: skip
    message = f"{what} was altered in the stored tree; the events under it lead to the sealed roots."
    if torn.first >= head.tree_size:
        message = f"There are {torn.what}."
    return Finding(kind=Kind.TREE, message=message, first=torn.first, last=torn.last)


def _of_statements(heard: dict[Source, Heard], wrong: dict[Source, Heard]) -> Iterator[Finding]:
    if Source.SEAL in wrong:
        yield from _of_seals(heard, wrong)
        return
    end = min(said.wrong[0].size for said in wrong.values())
    who = next(source for source in reversed(Source) if source in wrong and wrong[source].wrong[0].size == end)
    believed = {*wrong, *_OUTSIDE}  # whoever can sign could have made the others fit
    good = max(heard[source].agreed for source in believed if heard[source].agreed < end)
    yield Finding(
        kind=Kind.REWRITTEN, first=good, last=end - 1,
        message=f"The tree leads to another root than {_WHO[who]} says: one or more of these events were altered, and "
        "tree and roots made to fit.",
    )  # fmt: skip


def _of_seals(heard: dict[Source, Heard], wrong: dict[Source, Heard]) -> Iterator[Finding]:
    first = wrong[Source.SEAL].wrong[0]
    vouched = max(said.largest for source, said in heard.items() if source not in wrong)
    if set(wrong) == {Source.SEAL} and max(vouched, heard[Source.SEAL].largest) >= first.size:
        for statement in wrong[Source.SEAL].wrong:
            yield Finding(
                kind=Kind.TREE, first=statement.size - 1, last=statement.size - 1,
                message=f"The root of seal {statement.name} was altered; the events lead to the roots after it.",
            )  # fmt: skip
        return
    end = min(said.wrong[0].size for said in wrong.values())
    good = max(said.agreed for said in heard.values() if said.agreed < end)
    yield Finding(
        kind=Kind.TREE, first=good, last=end - 1,
        message="The leaves do not lead to the roots that were sealed: one or more of these events and the tree were "
        "altered together.",
    )  # fmt: skip


def of_extent(
    breaks: Sequence[Break], extent: Extent, outside: Sequence[Statement], head: Head | None
) -> Iterator[Finding]:
    """Seals that are missing, places beyond the last seal, and events that were there once."""
    size = head.tree_size if head else 0
    for found in breaks:
        first, last = sorted((found.before_size, max(found.size - 1, found.before_size)))
        if found.seal_no != found.before_no + 1:
            message = f"Seal {found.before_no + 1:,} is missing."
        elif found.size <= found.before_size:
            message = f"Seal {found.seal_no:,} does not follow the one before it."
        else:
            message = f"Seal {found.seal_no:,} claims an earlier time than the one before it."
        kind = Kind.BACKDATED if found.is_earlier and found.seal_no == found.before_no + 1 else Kind.TREE
        yield Finding(kind=kind, message=message, first=first, last=last)
    if extent.places > size:
        yield Finding(
            kind=Kind.TREE, first=size, last=extent.places - 1, message="Places were given that no seal covers."
        )
    said = {
        Source.CHECKPOINT: extent.checkpoint_size,
        Source.RECEIPT: extent.receipt_size,
        **{source: max((s.size for s in outside if s.source is source), default=0) for source in _OUTSIDE},
    }
    most = max(said.values())
    if most > size:
        who = next(source for source in reversed(Source) if said.get(source) == most)
        yield Finding(
            kind=Kind.ROLLED_BACK, first=size, last=most - 1,
            message=f"These events are gone: {_WHO[who]} knows of {most:,}, the database holds {size:,} sealed.",
        )  # fmt: skip
