"""What the log can say of itself right now: the state on the badge, and every reason for it.

`judge` is the whole rule, from facts alone. Nothing is green that was not re-hashed, signed and copied elsewhere; what
is red stays until an event acknowledges it, and then it stays known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from dashboard.keeping.reports import COVERED_FOR, Found
from dashboard.ledger.coverage import Covered
from dashboard.ledger.report import Finding, Kind, Range, joined, places_in
from dashboard.record.kept import Acknowledgement

SEAL_WITHIN_S = 10.0
"""An event that waits longer means that the sealer is late; the same for a signature."""

VERIFY_WITHIN = timedelta(seconds=60)
"""A sealed row that was not re-hashed for longer means that verification is late."""

_SAID_BY_SINKS = "There is no copy of a checkpoint outside"


class Level(IntEnum):
    """How bad; the higher wins."""

    GOOD = 0
    NEUTRAL = 1
    AMBER = 2
    RED = 3


class State(StrEnum):
    """What the badge says when nothing was found wrong; else it says what was."""

    VERIFIED = "Verified"
    EMPTY = "Empty log"
    ERASED = "Erased by request"
    ARCHIVED = "Archived by policy"
    UNSEALED = "Not yet sealed"
    UNVERIFIED = "Not yet verified"
    ALONE = "No outside copy"
    KNOWN = "Known finding"
    STALE = "Stale"
    CANNOT = "Cannot verify"


_URGENCY = (State.ALONE, State.UNVERIFIED, State.STALE, State.CANNOT)
"""Among reasons of one level, the later one gives the badge its word; a finding comes before all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason for the state. With `decides` false it is said, and changes nothing."""

    level: Level
    word: str
    sentence: str
    do: str = ""  # what to do about it
    decides: bool = True

    @property
    def rank(self) -> tuple[bool, int, int]:
        """The worst reason has the highest."""
        state = self.word.partition(":")[0]
        urgency = _URGENCY.index(State(state)) if state in _URGENCY else len(_URGENCY)
        return self.decides, self.level, urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A place outside that gets copies of checkpoints, and how it stands."""

    name: str
    kind: str = ""
    place: str = ""
    size: int | None = None  # of the tree in its newest copy
    at: datetime | None = None  # when that copy was received
    error: str | None = None  # of the last try, when it failed
    late: bool = False
    contradicts: bool = False  # what it holds can't be of this log


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A head that the sealer signed: its note, and what a trusted key says of it."""

    size: int
    signed_at: datetime
    note: str
    vkeys: tuple[str, ...] = ()  # of the trusted keys that signed it
    root_agrees: bool = True  # with the seal of the same size
    problem: str | None = None  # why no trusted key vouches for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What `judge` looks at, of one moment."""

    now: datetime
    as_of: int = 0  # rows sealed
    sealed_at: datetime | None = None  # when the newest of them was
    waiting: int = 0
    oldest_s: float = 0.0
    trusts: bool = True  # a verifier key is known on this host
    trusted_in: str = ""  # the file it is looked for in
    head: Head | None = None
    signed_before: int | None = None  # the size that the sealer's own memory, outside the database, says was signed
    memory_problem: str | None = None
    largest_verified: int = 0
    covered: tuple[Covered, ...] = ()
    uncovered_since: datetime | None = None  # when the first row that is not covered was sealed
    ever_verified: bool = False
    left_out: tuple[str, ...] = ()  # by the newest pass, and why
    found: tuple[Found, ...] = ()
    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict)  # by the finding's name
    sinks: tuple[Sink, ...] = ()
    sink_problem: str | None = None  # why nothing can be said of them
    erasures: int = 0  # requests
    erased_groups: int = 0
    retired: tuple[Range, ...] = ()  # places whose rows are in the archive alone

    @property
    def covered_rows(self) -> int:
        """How many rows were re-hashed in the last 24 hours."""
        return places_in((part.start, part.stop) for part in self.covered)

    @property
    def uncovered(self) -> int:
        return self.as_of - self.covered_rows

    @property
    def oldest_at(self) -> datetime | None:
        """When the row that was re-hashed longest ago was, of those that are covered."""
        return min((part.at for part in self.covered), default=None)

    @property
    def retired_rows(self) -> int:
        return places_in(self.retired)

    def first_uncovered(self) -> int | None:
        """The first row that is not covered."""
        first = 0
        for start, stop in joined((part.start, part.stop) for part in self.covered):
            if start > first:
                break
            first = stop
        return first if first < self.as_of else None


@dataclass(frozen=True, slots=True)
class Integrity:
    """The badge's state and its reasons, worst first."""

    facts: Facts
    reasons: tuple[Reason, ...]
    findings: tuple[Found, ...]  # damage that nobody acknowledged yet first

    @property
    def level(self) -> Level:
        return self.reasons[0].level

    @property
    def word(self) -> str:
        return self.reasons[0].word

    @property
    def coverage(self) -> str:
        """How much of the log is covered; `100 %` only when all of it is."""
        share = self.facts.covered_rows / self.facts.as_of if self.facts.as_of else 0.0
        return "100 %" if self.facts.as_of and not self.facts.uncovered else f"{min(share * 100, 99.9):.1f} %"

    def is_known(self, finding: Finding) -> bool:
        """Whether an event acknowledges it."""
        return finding.name in self.facts.acknowledged


def judge(facts: Facts) -> Integrity:
    """The state: the worst of its reasons."""
    found = (*facts.found, *(Found(finding, facts.now, facts.now) for finding in contradictions(facts)))
    unique = {one.finding.name: one for one in reversed(found)}
    findings = sorted(unique.values(), key=lambda one: _order(facts, one))
    reasons = [
        *_of_findings(facts, findings),
        *_of_sealing(facts),
        *_of_signing(facts),
        *_of_coverage(facts),
        *_of_sinks(facts),
        *_notes(facts),
    ]
    reasons.sort(key=lambda reason: reason.rank, reverse=True)
    return Integrity(facts, tuple(reasons), tuple(findings))


def _order(facts: Facts, one: Found) -> tuple[bool, bool, int, datetime, int]:
    finding = one.finding
    is_known = finding.name in facts.acknowledged
    return is_known, not finding.is_damage, list(Kind).index(finding.kind), one.first_at, finding.first or 0


def contradictions(facts: Facts) -> Iterator[Finding]:
    """What can be seen without re-hashing anything: the database contradicts what was signed or verified before."""
    signed = max(facts.signed_before or 0, facts.head.size if facts.head and not facts.head.problem else 0)
    if max(signed, facts.largest_verified) > facts.as_of:
        before, act = max((signed, "signed"), (facts.largest_verified, "verified"))
        yield Finding(  # says nothing that changes while the log grows: the finding keeps its name
            kind=Kind.ROLLED_BACK,
            message=f"{before:,} events were {act}, the database holds fewer.",
            last=before - 1,
        )
    if facts.head and facts.head.problem and facts.trusts:
        yield Finding(
            kind=Kind.SIGNATURE, message=f"The newest checkpoint can't be trusted: {facts.head.problem}.",
            first=0, last=facts.head.size - 1,
        )  # fmt: skip
    if facts.head and not facts.head.root_agrees:
        yield Finding(
            kind=Kind.REWRITTEN, message="The root that was signed last is not the root of the seal of that size.",
            first=0, last=facts.head.size - 1,
        )  # fmt: skip

    for sink in facts.sinks:
        if sink.contradicts:
            yield Finding(kind=Kind.REWRITTEN, message=f"The copy at {sink.name} can't be of this log.")


def _of_findings(facts: Facts, findings: list[Found]) -> Iterator[Reason]:
    known = [one.finding for one in findings if one.finding.name in facts.acknowledged]
    for kind in Kind:
        new = [one.finding for one in findings if one.finding.kind == kind and one.finding not in known]
        if not new:
            continue
        damage = new[0].is_damage
        recent = any(one.last_at >= facts.now - COVERED_FOR for one in findings if one.finding in new)
        if damage or recent:
            more = f" And {len(new) - 1:,} more of this kind." if len(new) > 1 else ""
            yield Reason(
                level=Level.RED if damage else Level.AMBER,
                word=kind[0].upper() + kind[1:],
                sentence=new[0].message + more,
                do="Look at it below, keep a copy of the database and of the sealer's folder, find out who did it, "
                "then acknowledge it." if damage else "Look at it below; acknowledge it when it is explained.",
            )  # fmt: skip
    if known:
        names = ", ".join(f"#{finding.name}" for finding in known[:3]) + (", …" if len(known) > 3 else "")
        word = f"{State.KNOWN} {names}" if len(known) == 1 else f"{len(known):,} known findings"
        yield Reason(
            level=Level.AMBER, word=word, sentence=f"Acknowledged by an event, and kept for ever: {names}.",
            do="Nothing: it stays said.",
        )  # fmt: skip


def _of_sealing(facts: Facts) -> Iterator[Reason]:
    if not facts.waiting:
        return
    late = facts.oldest_s > SEAL_WITHIN_S
    wait = f"{_rows(facts.waiting, 'event')} not sealed yet, the oldest for {facts.oldest_s:,.1f} s."
    yield Reason(
        level=Level.AMBER if late else Level.NEUTRAL,
        word=_stale("sealer") if late else State.UNSEALED,
        sentence=wait + (" The sealer is late or stopped." if late else ""),
        do="See that `auditlens serve` or `auditlens seal --forever` runs on the host that holds the key." if late
        else "",
        decides=late or not facts.as_of,
    )  # fmt: skip


def _of_signing(facts: Facts) -> Iterator[Reason]:
    if facts.memory_problem:
        yield Reason(level=Level.AMBER, word=State.CANNOT, sentence=facts.memory_problem, do="Restore it.")
    if not facts.trusts and facts.as_of:
        yield Reason(
            level=Level.AMBER, word=State.CANNOT,
            sentence="No verifier key here: no signature can be checked, so nothing is said to be covered.",
            do=f"Take the log's verifier key from where it was handed out, and put it into {facts.trusted_in}.",
        )  # fmt: skip
    if not facts.as_of or facts.sealed_at is None:
        return
    unsigned = facts.as_of - (facts.head.size if facts.head else 0)
    if unsigned > 0:
        late = (facts.now - facts.sealed_at).total_seconds() > SEAL_WITHIN_S
        yield Reason(
            level=Level.AMBER if late else Level.NEUTRAL,
            word=_stale("signature") if late else State.UNSEALED,
            sentence=f"{_rows(unsigned)} sealed and not signed yet.",
            do="See that the sealer runs on the host that holds the key." if late else "",
            decides=late,
        )


def _of_coverage(facts: Facts) -> Iterator[Reason]:
    if not facts.as_of:
        yield Reason(
            level=Level.NEUTRAL, word=State.EMPTY, sentence="Nothing is sealed yet.", decides=not facts.waiting
        )
        return
    if not facts.trusts:
        return
    if not facts.uncovered:
        assert facts.oldest_at is not None
        yield Reason(
            level=Level.GOOD, word=State.VERIFIED,
            sentence=f"Each of the {_rows(facts.as_of)} was re-hashed since {_clock(facts.oldest_at)}.",
        )  # fmt: skip
        return
    fresh = facts.uncovered_since is not None and facts.now - facts.uncovered_since <= VERIFY_WITHIN
    missing = f"{_rows(facts.uncovered)} of {facts.as_of:,}"
    if fresh:
        first = facts.first_uncovered() or 0
        only_the_newest = first > 0 and facts.uncovered == facts.as_of - first
        yield Reason(
            level=Level.NEUTRAL,
            word=f"{State.VERIFIED} to #{first - 1:,}" if only_the_newest else State.UNVERIFIED,
            sentence=f"{missing}, just sealed, are being re-hashed.",
        )
    else:
        yield Reason(
            level=Level.AMBER,
            word=_stale("verification") if facts.ever_verified else State.UNVERIFIED,
            sentence=f"{missing} were not re-hashed in the last 24 hours.",
            do="Verify now; the sealer goes over all rows by itself while it runs.",
        )


def _of_sinks(facts: Facts) -> Iterator[Reason]:
    if facts.sink_problem:
        yield Reason(
            level=Level.AMBER, word=State.ALONE, sentence=f"No copy can leave this machine. {facts.sink_problem}",
            do="Correct AUDITLENS_ANCHORS.", decides=facts.as_of > 0,
        )  # fmt: skip
    elif not facts.sinks:
        yield Reason(
            level=Level.AMBER, word=State.ALONE,
            sentence="No checkpoint leaves this machine: who holds the database and the sealer's key could rewrite "
            "all of it unseen.",
            do="Set AUDITLENS_ANCHORS to a place that this machine's administrator can't change.",
            decides=facts.as_of > 0,
        )  # fmt: skip
    for sink in facts.sinks:
        last = f"its newest copy is of {_clock(sink.at)}" if sink.at else "it has no copy yet"
        if sink.late:
            wrong = f" The last try failed: {sink.error}" if sink.error else ""
            yield Reason(
                level=Level.AMBER, word=_stale("copies"), sentence=f"Copies to {sink.name} are late: {last}.{wrong}",
                do="See that it can be reached from the sealer's host.",
            )  # fmt: skip
    good = [sink.at for sink in facts.sinks if sink.at and not sink.late]
    if good:
        places = f"{len(good)} place{'s' if len(good) > 1 else ''} outside"
        yield Reason(
            level=Level.GOOD, word="Copied", decides=False, sentence=f"Copied to {places}, last at {_clock(max(good))}."
        )


def _notes(facts: Facts) -> Iterator[Reason]:
    for why in facts.left_out:
        if why.startswith(_SAID_BY_SINKS):
            continue
        yield Reason(level=Level.NEUTRAL, word="Left out", sentence=f"By the last pass: {why}", decides=False)
    if facts.erasures:
        yield Reason(
            level=Level.NEUTRAL, word=State.ERASED, decides=False,
            sentence=f"{facts.erased_groups:,} values erased by {_rows(facts.erasures, 'request')}, each on record.",
        )  # fmt: skip
    if facts.retired_rows:
        yield Reason(
            level=Level.NEUTRAL, word=State.ARCHIVED, decides=False,
            sentence=f"{_rows(facts.retired_rows)} left the database by policy and are in the archive, on record.",
        )  # fmt: skip


def _stale(what: str) -> str:
    return f"{State.STALE}: {what}"


def _rows(count: int, name: str = "row") -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
