"""What protects the record, as the file says it and as the migrations make it, on each server that is supported."""

import json

from dashboard.keeping.log import Log
from dashboard.keeping.verify import verify
from dashboard.keeping.verify.guards import EXPECTED, check_guards
from dashboard.ledger.report import Kind
from dashboard.record.verifying import VerifyRecord
from tests import attacks
from tests.attacks import Admin
from tests.keeping.protection import facts_to_expect
from tests.keeping.sealed_log import fill, said, sealed
from tests.log_fixtures import on_both_servers

__all__ = ["fill", "sealed"]  # the fixtures

pytestmark = on_both_servers


def test_the_file_says_what_the_migrations_make(log: Log) -> None:
    made = facts_to_expect(log.urls.sealer)
    written = json.loads(EXPECTED.read_text("utf-8"))
    assert made == written, "Run `python -m tests.keeping.protection`, read the difference, commit it."


NO_RECORD = {"tree_edge", "saved_view", "view_star", "reader_choice"}  # changed by functions alone, but for tree_edge


def test_no_login_may_change_or_remove_what_was_recorded() -> None:
    written = json.loads(EXPECTED.read_text("utf-8"))
    given = {
        f"{thing} on {table}"
        for table, things in written.items()
        for thing, said in things.items()
        if said == "granted" and thing.split()[0] in ("update", "delete", "truncate", "trigger")
    }
    assert given == {"update by auditlens_sealer on tree_edge"}
    for table, things in written.items():
        if things.get("relation", "").startswith(("table", "partitioned")) and table not in NO_RECORD:
            for trigger in ("no_rewrite", "no_truncate"):
                assert things[f"trigger {trigger}"].startswith("always: BEFORE"), table


def test_a_database_of_an_older_version_can_not_be_compared(log: Log, admin: Admin) -> None:
    admin.execute("alter table schema_migration disable trigger all")
    admin.execute("delete from schema_migration where name = (select max(name) from schema_migration)")
    with VerifyRecord.open(log.urls.sealer, "sealer") as record:
        (found,) = check_guards(record)
    assert (found.kind, found.is_damage) == ("can't be verified", False)


def test_a_log_is_verified_on_each_server(sealed: Log, admin: Admin) -> None:
    assert verify(sealed).findings == ()
    attacks.edit(admin, "an actor", 77)
    attacks.force(admin, attacks.DELETE.format(seq=401))
    assert said(verify(sealed)) == [(Kind.ALTERED, 77, 77), (Kind.DELETED, 401, 401)]
