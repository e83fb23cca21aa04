"""Runs the drill: every attack so many times, and honest logs in between, which must raise no alarm."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dashboard.drill.attacks import ATTACKS, Attack, Exactness, Target
from dashboard.drill.base import Base, made_up, make_base, without
from dashboard.drill.honest import live_on
from dashboard.drill.scene import Scene
from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log
from dashboard.keeping.verify import verify
from dashboard.ledger.report import Finding, Kind, Mode, Report
from dashboard.record.scratch import ScratchServer

OBSERVERS = ("database", "memory", "outside")


@dataclass(frozen=True, slots=True)
class Asked:
    """How much of a drill."""

    trials: int = 30
    honest: int = 100
    seed: int = 1


@dataclass(slots=True)
class Result:
    """One attack: for each observer, in how many trials it was found as exactly as promised."""

    attack: Attack
    trials: int = 0
    kept: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OBSERVERS, 0))
    missed: list[str] = field(default_factory=list)  # in words, what was found instead

    def promised(self, observer: str) -> Exactness:
        """What this observer must find."""
        found: Exactness = getattr(self.attack, observer)
        return found

    @property
    def is_kept(self) -> bool:
        return not self.missed


@dataclass(slots=True)
class Drilled:
    """What a drill found."""

    results: list[Result]
    honest: int = 0
    alarms: list[str] = field(default_factory=list)

    @property
    def is_passed(self) -> bool:
        return not self.alarms and all(result.is_kept for result in self.results)


def drill(events: Sequence[AuditEvent], asked: Asked, progress: Callable[[int], None] = lambda done: None) -> Drilled:
    """Attacks copies of a log made of these events (made-up ones fill it up to 600), and lets honest logs live.

    About 0.4 s a trial on 2 cores. `progress` hears of each trial. Nothing outside a temporary folder is touched.
    """
    chance = random.Random(asked.seed)  # noqa: S311 - a drill is repeatable by its seed
    drilled = Drilled([Result(attack) for attack in ATTACKS])
    with ScratchServer.started() as server:
        base = make_base(server, [*events, *made_up(600 - len(events))])
        for result in drilled.results:
            for _ in range(asked.trials):
                _trial(base, result, chance)
                progress(1)
        for number in range(asked.honest):
            drilled.alarms += _honest(base, number, chance)
            drilled.honest += 1
            progress(1)
    return drilled


def _trial(base: Base, result: Result, chance: random.Random) -> None:
    with base.copied("trial") as log:
        with base.server.superuser("trial") as hands:
            target = result.attack.act(Scene(hands, log, chance, base.size))
        result.trials += 1
        for observer in OBSERVERS:
            report = _observe(log, observer, base.notes)
            promised = result.promised(observer)
            wrong = difference(report, target, promised, result.attack.kinds)
            if wrong is None:
                result.kept[observer] += 1
            else:
                result.missed.append(f"{observer}, {target}: {wrong}")


def _observe(log: Log, observer: str, notes: Sequence[str]) -> Report:
    seen = without(log, memory=observer == "memory")
    return verify(seen, mode=Mode.FULL, processes=1, anchors=notes if observer == "outside" else ())


def difference(report: Report, target: Target, promised: Exactness, kinds: frozenset[Kind]) -> str | None:
    """In words, how a report falls short of what was promised; None when it does not."""
    damage = [finding for finding in report.findings if finding.is_damage]
    if promised is Exactness.NOTHING:
        return None if not damage else f"found although it can't be: {_said(damage)}"
    named = [finding for finding in damage if finding.kind in kinds]
    if any(_is_exact(finding, target, promised) for finding in named):
        return None
    return f"promised {promised}, found {_said(damage)}"


def _is_exact(finding: Finding, target: Target, promised: Exactness) -> bool:
    if promised is Exactness.NAMED:
        return True
    if target.event_id is not None:
        return finding.event_id == target.event_id
    if finding.first is None or finding.last is None or target.first is None or target.last is None:
        return False
    covers = finding.first <= target.first and target.last <= finding.last
    match promised:
        case Exactness.ROW:
            return finding.first == finding.last == target.first
        case Exactness.TILE:
            return covers and finding.last - finding.first < 256
        case Exactness.LOST:
            return (finding.first, finding.last) == (target.first, target.last)
        case _:
            return covers


def _said(findings: Sequence[Finding]) -> str:
    return (
        "; ".join(f"{found.kind} {found.first}..{found.last}: {found.message}" for found in findings[:3]) or "nothing"
    )


def _honest(base: Base, number: int, chance: random.Random) -> list[str]:
    """Lets a copy live on honestly, then verifies it with everything there is; gives the alarms, in words."""
    with base.copied("honest") as log:
        notes = [*base.notes, *live_on(log, chance)]
        report = verify(log, mode=Mode.FULL, processes=1, anchors=notes)
        return [f"honest run {number}: {_said([finding])}" for finding in report.findings]
