"""Verification: damage to the tree, to what guards the record, and to the archive, each found by its name."""

import polars as pl
import pytest

from dashboard.keeping.log import Log
from dashboard.keeping.verify import verify
from dashboard.ledger.report import Kind
from tests import attacks
from tests.attacks import Admin, force
from tests.keeping.sealed_log import RETIRE, damage, fill, said, sealed

__all__ = ["fill", "sealed"]  # the fixtures

OVERLAY = "hashes = overlay(hashes placing sha256('x') from 33 for 32)"
TREE_DAMAGE: list[tuple[str, tuple[Kind, int, int]]] = [
    ("delete from tile where level = 0 and number = 1", (Kind.TREE, 256, 511)),
    (f"update tile set {OVERLAY} where number = 0", (Kind.TREE, 0, 255)),
    (f"update tree_edge set {OVERLAY} where level = 0", (Kind.TREE, 512, 599)),
    (f"update tree_edge set {OVERLAY} where level = 1", (Kind.TREE, 256, 511)),
    ("delete from tree_edge where level = 1", (Kind.TREE, 0, 255)),
    ("insert into tile select 0, 7, hashes from tile limit 1", (Kind.TREE, 600, 600)),
    ("update seal set root = sha256('x') where tree_size = 560", (Kind.TREE, 559, 559)),
    ("delete from seal where tree_size = 560", (Kind.TREE, 300, 599)),
    ("insert into sealed select 600, 77777, recorded_at, leaf from sealed where seq = 1", (Kind.TREE, 600, 600)),
    ("update checkpoint set note = replace(note, '560', '561') where tree_size = 560", (Kind.SIGNATURE, 560, 560)),
    ("update checkpoint set root = sha256('x') where tree_size = 560", (Kind.SIGNATURE, 560, 560)),
    ("update seal set sealed_at = sealed_at - interval '1 day' where tree_size = 560", (Kind.BACKDATED, 300, 559)),
]


@pytest.mark.parametrize(("statement", "expected"), TREE_DAMAGE)
def test_a_damaged_tree_is_found(sealed: Log, admin: Admin, statement: str, expected: tuple[Kind, int, int]) -> None:
    force(admin, statement)
    report = verify(sealed)
    assert expected in said(report)
    assert {finding.kind for finding in damage(report)} <= {expected[0], Kind.BACKDATED}


PROTECTION: list[tuple[str, str]] = [
    ("drop trigger no_truncate on seal", "Missing: trigger no_truncate of table seal."),
    ("alter table sealed disable trigger no_rewrite", "Changed: trigger no_rewrite of table sealed."),
    ("alter table tile enable trigger no_rewrite", "Changed: trigger no_rewrite of table tile."),
    (
        "create or replace function audit_refuse() returns trigger language plpgsql as 'begin return null; end'",
        "Changed: function public.audit_refuse().",
    ),
    (
        "grant update (actor) on audit_event to auditlens_writer",
        "Not made by a migration: update of actor by auditlens_writer of table audit_event.",
    ),
    ("grant insert on audit_event to public", "Not made by a migration: insert by everyone of table audit_event."),
    (
        "grant execute on function audit_erase(bigint[], text[], bytea[], bigint[], text, text) to auditlens_writer",
        "Not made by a migration: execute of public.audit_erase",
    ),
    (
        "create rule hide as on delete to audit_event do instead nothing",
        "Not made by a migration: rule hide of table audit_event.",
    ),
    ("alter table seal enable row level security", "Changed: relation of table seal."),
    (
        "alter table audit_event alter recorded_at set default '2020-01-01'",
        "Changed: column recorded_at of table audit_event.",
    ),
    (
        "create trigger evil before insert on audit_event for each row execute function audit_refuse()",
        "Not made by a migration: trigger evil of table audit_event.",
    ),
    (
        "update schema_migration set sha256 = 'x' where name = '0002_create_guards'",
        "The migration 0002_create_guards that was applied is not the one of this version.",
    ),
    (
        "insert into schema_migration values ('9999_other', 'x')",
        "The database has a migration that this version does not know: 9999_other.",
    ),
]


@pytest.mark.parametrize(("statement", "message"), PROTECTION)
def test_a_guard_that_was_taken_off_is_found(sealed: Log, admin: Admin, statement: str, message: str) -> None:
    if statement.startswith(("update", "insert")):
        force(admin, "alter table schema_migration disable trigger no_rewrite", statement)
        admin.execute("alter table schema_migration enable always trigger no_rewrite")
    else:
        admin.execute(statement.encode())
    found = [finding for finding in damage(verify(sealed)) if finding.kind is Kind.PROTECTION]
    assert any(finding.message.startswith(message) for finding in found), found


ROLES: list[tuple[str, str, str]] = [
    (
        "grant auditlens_owner to auditlens_writer",
        "revoke auditlens_owner from auditlens_writer",
        "Not made by a migration: membership of auditlens_writer in auditlens_owner.",
    ),
    (
        "alter role auditlens_reader superuser",
        "alter role auditlens_reader nosuperuser",
        "Changed: role auditlens_reader. It should be: login.",
    ),
    (
        "alter role auditlens_owner login",
        "alter role auditlens_owner nologin",
        "Changed: role auditlens_owner. It should be: no login.",
    ),
    (
        "alter role auditlens_sealer set search_path = evil, public",
        "alter role auditlens_sealer reset search_path",
        "Not made by a migration: setting search_path of auditlens_sealer.",
    ),
]


@pytest.mark.parametrize(("change", "back", "message"), ROLES)
def test_a_role_with_more_rights_is_found(sealed: Log, admin: Admin, change: str, back: str, message: str) -> None:
    admin.execute(change.encode())  # of the whole server
    try:
        assert [finding.message for finding in damage(verify(sealed))] == [message]
    finally:
        admin.execute(back.encode())


def test_a_table_of_another_schema_does_not_stand_in(sealed: Log, admin: Admin) -> None:
    """Whoever sets the search path could show verification a copy of what was there before."""
    admin.execute("create schema evil; grant usage on schema evil to public")
    admin.execute("create view evil.audit_event as select * from public.audit_event")
    admin.execute("create table evil.sealed as select * from public.sealed")
    admin.execute("grant select on all tables in schema evil to public")
    attacks.edit(admin, "a region", 401)
    admin.execute("alter role auditlens_sealer set search_path = evil, public")
    try:
        assert (Kind.ALTERED, 401, 401) in said(verify(sealed))
    finally:
        admin.execute("alter role auditlens_sealer reset search_path")


def test_each_partition_has_its_guards(sealed: Log, admin: Admin) -> None:
    (name,) = admin.execute("select tableoid::regclass::text from audit_event limit 1").fetchone() or ("",)
    admin.execute(f"drop trigger no_truncate on {name}".encode())
    assert [one.message for one in damage(verify(sealed))] == [f"Missing: trigger no_truncate of table {name}."]


def test_a_partition_that_was_detached_or_dropped_is_found(sealed: Log, admin: Admin) -> None:
    names = sorted(
        str(row[0])
        for row in admin.execute(
            "select inhrelid::regclass::text from pg_inherits i where inhparent = 'audit_event'::regclass"
        )
    )
    admin.execute(f"alter table audit_event detach partition {names[4]}".encode())
    admin.execute(f"drop table {names[6]}".encode())
    messages = [finding.message for finding in damage(verify(sealed))]
    assert f"The partition {names[4]} was detached from the record." in messages
    assert any(message.endswith(" is gone.") for message in messages)


def at_33(column: str, value: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("seq") == 33).then(value).otherwise(column).alias(column)


MICROSECOND = pl.duration(microseconds=1)
ARCHIVE: list[tuple[str, pl.Expr | None, pl.Expr | None]] = [
    ("events", at_33("actor", pl.lit("x")), None),
    ("events", at_33("clock", pl.lit("ahead")), None),
    ("events", at_33("erased", pl.lit("actor")), None),
    ("events", at_33("occurred_at", pl.col("occurred_at") + MICROSECOND), None),
    ("events", at_33("seq", pl.lit(34)), None),
    ("evidence", at_33("leaf", pl.lit(b"0" * 32)), None),
    ("evidence", at_33("actor_salt", pl.lit(b"0" * 16)), None),
    ("events", None, pl.col("seq") != 33),
    ("evidence", None, pl.col("seq") != 33),
]


@pytest.mark.parametrize(("table", "change", "keep"), ARCHIVE)
def test_a_changed_row_of_the_archive_is_found(
    sealed: Log, table: str, change: pl.Expr | None, keep: pl.Expr | None
) -> None:
    attacks.change_archive(sealed, table, change, keep)
    found = damage(verify(sealed))
    assert (found[0].kind, found[0].first, found[0].last) == (Kind.ARCHIVE, 33, 33)
    assert {one.kind for one in found} == {Kind.ARCHIVE}


def test_rows_added_to_the_archive_at_its_end_are_found(sealed: Log) -> None:
    for file in (sealed.settings.home / "archive" / "events").glob("*.parquet"):
        rows = pl.read_parquet(file)
        pl.concat([rows, rows.filter(pl.col("seq") == 9).with_columns(pl.col("seq") + 700)]).write_parquet(file)
    assert said(verify(sealed)) == [(Kind.ARCHIVE, 709, 709)]


def test_a_tile_that_was_altered_is_not_held_against_the_archive(sealed: Log, admin: Admin) -> None:
    force(admin, "update tile set hashes = (select hashes from tile where number = 1) where level = 0 and number = 0")
    assert said(verify(sealed)) == [(Kind.TREE, 0, 255)]
    attacks.change_archive(sealed, "events", at_33("actor", pl.lit("x")))
    attacks.edit(admin, "an actor", 44)
    assert said(verify(sealed)) == [(Kind.ALTERED, 44, 44), (Kind.TREE, 0, 255), (Kind.ARCHIVE, 33, 33)]


@pytest.mark.parametrize("how", ["missing", "torn"])
def test_a_file_of_the_archive_that_is_gone_is_found(sealed: Log, how: str) -> None:
    for file in (sealed.settings.home / "archive" / "events").glob("*.parquet"):
        file.unlink() if how == "missing" else file.write_bytes(file.read_bytes()[:100])
    report = verify(sealed)
    assert (Kind.ARCHIVE, 0, 299) in said(report)
    assert {finding.kind for finding in report.findings} == {Kind.ARCHIVE}
    assert report.covered == ((0, 600),)  # the record was


def test_an_archive_that_can_not_be_read_is_left_out(sealed: Log, admin: Admin) -> None:
    for entry in (sealed.settings.home / "archive" / "events" / "_delta_log").glob("*.json"):
        entry.write_text("torn")
    report = verify(sealed)
    assert (report.findings, report.archived, report.covered) == ((), 0, ((0, 600),))
    assert any(reason.startswith("The archive was not compared") for reason in report.left_out)
    force(admin, attacks.DELETE.format(seq=100), RETIRE)
    report = verify(sealed)
    assert said(report) == [(Kind.RETIRED, 0, 299), (Kind.UNVERIFIABLE, 100, 100)]
    assert report.covered == ((0, 100), (101, 600))
