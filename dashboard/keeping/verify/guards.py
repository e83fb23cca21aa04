"""What protects the record, as the catalogue has it, against what the migrations make: `protection.json` says that.

Whoever owns the tables or is superuser can take a guard away; that is seen here, not prevented. A test holds the file
against a database that was just made, so a new migration changes both.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from dashboard.events.folding import visible
from dashboard.ledger.report import Finding, Kind
from dashboard.paths import QUERIES
from dashboard.record.verifying import VerifyRecord

EXPECTED = Path(__file__).with_name("protection.json")
RECORD, DEFAULT = "audit_event", "audit_event_default"
_PARTITION = re.compile(r"audit_event_(\d{4})_(0[1-9]|1[0-2])")
_LONGEST = 200

Facts = Mapping[str, Mapping[str, str]]
"""For each table (or "" for what belongs to none) each thing and what is said of it."""


def facts_of(record: VerifyRecord) -> dict[str, dict[str, str]]:
    """What the catalogue says now."""
    found: dict[str, dict[str, str]] = {}
    for relation, thing, said in record.protection():
        known = found.setdefault(relation or "", {})
        known[thing] = f"{known[thing]}; {said}" if thing in known else said
    return found


def expected_facts() -> dict[str, dict[str, str]]:
    """What the migrations of this version make."""
    kept: dict[str, dict[str, str]] = json.loads(EXPECTED.read_text("utf-8"))
    return kept


def check_guards(record: VerifyRecord, retired_months: frozenset[str] = frozenset()) -> list[Finding]:
    """Everything that is not as the migrations made it. About 50 ms."""
    files = {path.stem: _sha256(path) for path in sorted((QUERIES / "schema").glob("[0-9]*.sql"))}
    applied = record.migrations()
    found = [*_of_migrations(files, applied)]
    if any(finding.kind is Kind.UNVERIFIABLE for finding in found):
        return found
    partitions = record.partitions()
    found += _of_facts(facts_of(record), expected_facts(), partitions)
    months = _months(partitions)
    found += _of_partitions(partitions, months, retired_months)
    if months and record.uses_default_partition(_first_day(min(months)), _first_day(max(months) + 1)):
        found.append(_removed("Events went to the default partition, for nobody had made one for their month."))
    return found


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_text("utf-8").encode()).hexdigest()


def _of_migrations(files: Mapping[str, str], applied: Mapping[str, str]) -> Iterator[Finding]:
    lacking = sorted(files.keys() - applied.keys())
    if lacking:
        message = (
            f"The database lacks the migration {lacking[0]}, so its protection can't be compared: run "
            "`auditlens migrate`."
        )
        yield Finding(kind=Kind.UNVERIFIABLE, message=message)
    for name in sorted(applied.keys() - files.keys()):
        yield _removed(f"The database has a migration that this version does not know: {_word(name)}.")
    for name in sorted(files.keys() & applied.keys()):
        if files[name] != applied[name]:
            yield _removed(f"The migration {name} that was applied is not the one of this version.")


def _of_facts(facts: Facts, expected: Facts, partitions: Mapping[str, str | None]) -> Iterator[Finding]:
    for relation in sorted(expected):
        if relation not in facts:
            yield _removed(f"The table {relation} is gone.")
            continue
        yield from _of_relation(relation, facts[relation], expected[relation])
    for name in sorted(name for name, bounds in partitions.items() if bounds is not None and name != DEFAULT):
        if name not in facts:
            yield _removed(f"The partition {_word(name)} lies in another schema.")
            continue
        wanted = {thing.replace(DEFAULT, name): said for thing, said in expected[DEFAULT].items()}
        yield from _of_relation(name, facts[name], wanted)


def _of_relation(relation: str, facts: Mapping[str, str], expected: Mapping[str, str]) -> Iterator[Finding]:
    of = f" of table {_word(relation)}" if relation else ""
    for thing in sorted(facts.keys() | expected.keys()):
        what = f"{_word(thing)}{of}"
        if thing not in facts:
            yield _removed(f"Missing: {what}.")
        elif thing not in expected:
            yield _removed(f"Not made by a migration: {what}.")
        elif facts[thing] != expected[thing]:
            yield _removed(f"Changed: {what}. It should be: {_word(expected[thing])}.")


def _months(partitions: Mapping[str, str | None]) -> dict[int, str]:
    """The months that have an attached partition of their name, counted from year 0."""
    named = {name: _PARTITION.fullmatch(name) for name, bounds in partitions.items() if bounds is not None}
    return {int(match[1]) * 12 + int(match[2]) - 1: name for name, match in named.items() if match}


def _of_partitions(
    partitions: Mapping[str, str | None], months: Mapping[int, str], retired: frozenset[str]
) -> Iterator[Finding]:
    if partitions.get(DEFAULT) != "DEFAULT":
        yield _removed("The default partition is not attached: an event of another month would be refused.")
    bounds_of = {
        name: f"FOR VALUES FROM ('{_first_day(month)} 00:00:00+00') TO ('{_first_day(month + 1)} 00:00:00+00')"
        for month, name in months.items()
    }
    for name, bounds in partitions.items():
        if bounds is None:
            match = _PARTITION.fullmatch(name)
            if match and f"{match[1]}-{match[2]}" not in retired:
                yield _removed(f"The partition {name} was detached from the record.")
        elif name != DEFAULT and bounds != bounds_of.get(name):
            yield _removed(f"The partition {_word(name)} does not hold the month of its name.")
    for month in range(min(months, default=0), max(months, default=0)):
        if month not in months and _first_day(month)[:7] not in retired:
            yield _removed(f"The partition of {_first_day(month)[:7]} is gone.")


def _first_day(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}-01"


def _removed(message: str) -> Finding:
    return Finding(kind=Kind.PROTECTION, message=message)


def _word(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"
