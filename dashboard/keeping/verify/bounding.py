"""However much is wrong, a report stays one that a person can read, and memory flat."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dashboard.ledger.report import Finding, Kind

MOST_OF_A_KIND = 500
LONGEST_LIST = 20
"""So many rows side by side are listed one by one; more are one finding."""


def bounded(findings: Iterable[Finding], most: int = MOST_OF_A_KIND) -> list[Finding]:
    """The same findings, kind by kind: rows side by side as one when they are many, and of each kind a few hundred at
    most; what the rest were is one more.
    """
    groups: list[list[Finding]] = []
    for finding in findings:
        if groups and _touch(groups[-1][-1], finding):
            groups[-1].append(finding)
        else:
            groups.append([finding])
    told = [finding for group in groups for finding in _told(group)]
    return [finding for kind in Kind for finding in _cut([one for one in told if one.kind is kind], most)]


def _touch(before: Finding, after: Finding) -> bool:
    return (
        (before.kind, before.message) == (after.kind, after.message)
        and before.last is not None
        and after.first == before.last + 1
    )


def _told(group: Sequence[Finding]) -> Sequence[Finding]:
    first, last = group[0], group[-1]
    if first.first is None or last.last is None or len(group) == 1 or last.last - first.first < LONGEST_LIST:
        return group
    return [replace(first, last=last.last, event_id=None, sealed_leaf=None, found_leaf=None)]


def _cut(same: Sequence[Finding], most: int) -> Sequence[Finding]:
    rest = same[most:]
    if not rest:
        return same
    firsts = [finding.first for finding in rest if finding.first is not None]
    lasts = [finding.last for finding in rest if finding.last is not None]
    more = Finding(
        kind=rest[0].kind, message="There are more of this kind, up to here.",
        first=min(firsts, default=None), last=max(lasts, default=None),
    )  # fmt: skip
    return [*same[:most], more]
