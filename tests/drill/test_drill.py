"""The drill: each attack is found as exactly as promised, what can't be found is not claimed, honest logs are quiet."""

import orjson
import pytest
from typer.testing import CliRunner

from dashboard.cli import build
from dashboard.drill.attacks import ATTACKS, Exactness, Target
from dashboard.drill.run import difference
from dashboard.ledger.report import Finding, Kind, Mode, Report

pytestmark = pytest.mark.long


def report(*findings: Finding) -> Report:
    return Report(
        log_id="", mode=Mode.FULL, at="", as_of=600, root="", rows=600, archived=0, covered=((0, 600),), seals=6,
        checkpoints=6, anchors=0, erased=0, retired=0, unsealed=0, findings=findings,
    )  # fmt: skip


def finding(kind: Kind, first: int | None = None, last: int | None = None, event_id: int | None = None) -> Finding:
    return Finding(kind=kind, message="", first=first, last=last, event_id=event_id)


ALTERED = frozenset({Kind.ALTERED})


@pytest.mark.parametrize(
    ("found", "promised", "kept"),
    [
        ([finding(Kind.ALTERED, 7, 7)], Exactness.ROW, True),
        ([finding(Kind.ALTERED, 8, 8)], Exactness.ROW, False),
        ([finding(Kind.ALTERED, 6, 8)], Exactness.ROW, False),
        ([finding(Kind.DELETED, 7, 7)], Exactness.ROW, False),
        ([finding(Kind.GAP, 7, 7)], Exactness.ROW, False),
        ([], Exactness.ROW, False),
        ([finding(Kind.ALTERED, 0, 255)], Exactness.TILE, True),
        ([finding(Kind.ALTERED, 0, 256)], Exactness.TILE, False),
        ([finding(Kind.ALTERED, 0, 599)], Exactness.WINDOW, True),
        ([finding(Kind.ALTERED, 8, 599)], Exactness.WINDOW, False),
        ([finding(Kind.ALTERED, 7, 7)], Exactness.LOST, True),
        ([finding(Kind.ALTERED, 6, 7)], Exactness.LOST, False),
        ([finding(Kind.ALTERED)], Exactness.NAMED, True),
        ([], Exactness.NAMED, False),
        ([], Exactness.NOTHING, True),
        ([finding(Kind.ALTERED, 7, 7)], Exactness.NOTHING, False),
    ],
)
def test_a_promise_is_kept_only_by_what_is_as_exact(found: list[Finding], promised: Exactness, kept: bool) -> None:
    assert (difference(report(*found), Target(7, 7), promised, ALTERED) is None) == kept


@pytest.mark.usefixtures("external")
def test_each_attack_is_found_as_promised_and_honest_logs_are_quiet() -> None:
    done = CliRunner().invoke(build(), ["drill", "--trials", "1", "--honest", "4", "--json"])
    said = orjson.loads(done.stdout)
    assert [line for attack in said["attacks"] for line in attack["missed"]] == []
    assert (said["honest"], said["false_alarms"]) == (4, [])
    assert (done.exit_code, said["passed"], len(said["attacks"])) == (0, True, len(ATTACKS))
    assert {attack["attack"] for attack in said["attacks"] if attack["outside"]["promised"] == Exactness.NOTHING} == {
        "Change an event before it is sealed",
        "Delete an event before it is sealed, and its key",
    }
