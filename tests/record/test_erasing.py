"""Erasure in the record: only whole groups go, only with their digest on record, and only by the one function."""

import hashlib

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.events.canonical import GROUPS, LeafInput, PlaceInput, disclosures, leaf_hash, leaf_line
from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from tests.leaf_inputs import LEAF_INPUT
from tests.record.test_append import login
from tests.thorough import cases

Admin = "psycopg.Connection[tuple[object, ...]]"
FULL = {
    "actor": 'Elif "E" Kaya',
    "source_ip": "78.180.10.10",
    "user_agent": "curl/8 \\ x",
    "reported_region": "İzmir\u2028",
    "target": "atlas\x7f/😀",
    "description": "a\nb\t\x01",
    "details": '{"a": "\\u0130"}',
    "original": b"\xff\x00line",
}


def fill(log: Log, events: list[AuditEvent]) -> list[int]:
    with log.appender() as appender, Sealer(log) as sealer:
        ids = appender.append(events).ids
        sealer.seal()
    return list(ids)


def erase(log: Log, targets: list[tuple[int, str]], conflicts: list[int] | None = None) -> int | None:
    with psycopg.connect(log.urls.redactor, autocommit=True) as connection:
        row = connection.execute(
            "select audit_erase(%s::bigint[], %s::text[], %s::bytea[], %s::bigint[], %s, %s)",
            ([t[0] for t in targets], [t[1] for t in targets], [None] * len(targets), conflicts or [], "asked", "dpo"),
        ).fetchone()
        assert row is not None
        return row[0]  # type: ignore[no-any-return]


def leaf_inputs(admin: Admin, event_id: int) -> tuple[LeafInput, PlaceInput, bytes]:
    row = admin.execute(LEAF_INPUT.encode(), {"id": event_id}).fetchone()
    place = admin.execute(
        "select region, country, geo_source, encode(place_salt, 'hex'), leaf from sealed where event_id = %s",
        (event_id,),
    ).fetchone()
    assert row is not None
    assert place is not None
    return LeafInput(*row), PlaceInput(*place[:4]), place[4]  # type: ignore[arg-type,return-value]


def erased(admin: Admin, event_id: int) -> dict[str, str]:
    rows = admin.execute("select grp, encode(digest, 'hex') from erased_group where event_id = %s", (event_id,))
    return dict(rows.fetchall())  # type: ignore[arg-type]


def refused(connection: Admin, statement: str, why: str | None = None) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=why):
        connection.execute(statement.encode())


def refused_in_erasure(
    admin: Admin, event_id: int, group: str, statement: str, why: str, digest: str | None = None
) -> None:
    with admin.transaction(force_rollback=True):
        begin_erasure(admin, event_id, group, digest)
        refused(admin, statement, why)


@pytest.mark.on_both_servers
def test_an_erased_event_is_still_known_when_it_comes_again(log: Log, admin: Admin) -> None:
    event, bare = login(1, native_id="7", **FULL), login(2)
    first, second = fill(log, [event, bare])
    for group in ("actor", "client", "description"):
        erase(log, [(first, group), (second, group)])
    assert admin.execute("select event_id from event_content").fetchall() == [(first,)]  # the other's key says it
    with log.appender() as appender:
        assert appender.append([event, bare]).duplicates == 2
        assert appender.append([login(1, native_id="7", **{**FULL, "actor": "else"})]).conflicts == (0,)


@pytest.mark.on_both_servers
@pytest.mark.parametrize("group", GROUPS)
def test_an_erased_group_leaves_its_digest_and_the_leaf(log: Log, admin: Admin, group: str) -> None:
    first, second = fill(log, [login(1, **FULL), login(2, **FULL)])
    event, place, leaf = leaf_inputs(admin, first)
    told = disclosures(event, place)
    assert erase(log, [(first, group)]) == 1
    event, place, _ = leaf_inputs(admin, first)
    assert set(disclosures(event, place)) == set(GROUPS) - {group}
    assert erased(admin, first) == {group: hashlib.sha256(told[group].encode()).hexdigest()}
    assert leaf_hash(leaf_line(event, place, erased(admin, first))) == leaf
    event, place, leaf = leaf_inputs(admin, second)
    assert leaf_hash(leaf_line(event, place)) == leaf


def test_all_groups_of_one_event_go_at_once_and_nothing_stays(log: Log, admin: Admin) -> None:
    (event_id,) = fill(log, [login(1, **FULL)])
    erase(log, [(event_id, group) for group in GROUPS])
    event, place, leaf = leaf_inputs(admin, event_id)
    assert disclosures(event, place) == {}
    assert set(place) == {None}
    assert {getattr(event, name) for name in (*FULL.keys() - {"original"}, "original_sha256")} == {None}
    assert leaf_hash(leaf_line(event, place, erased(admin, event_id))) == leaf


@pytest.mark.on_both_servers
def test_an_erasure_is_one_event_that_names_its_digest(log: Log, admin: Admin) -> None:
    first, second = fill(log, [login(1), login(2)])
    erase(log, [(second, "actor"), (first, "target"), (first, "actor")])
    lines = sorted(f"{i}#{g}#{d}\n".encode() for i in (first, second) for g, d in erased(admin, i).items())
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    rows = admin.execute(
        "select category, action, native_id, actor, db_role, details from audit_event where source = 'auditlens'"
    ).fetchall()
    details = '{"conflicts" : 0, "erasure" : 1, "events" : 2, "groups" : 3, "reason" : "asked"}'
    assert rows == [("Integrity", "Data Erased", f"erasure:1:{digest}", "dpo", "auditlens_redactor", details)]
    assert admin.execute("select groups, encode(digest, 'hex') from erasure").fetchall() == [(3, digest)]


def test_what_is_erased_already_is_passed_over(log: Log, admin: Admin) -> None:
    (event_id,) = fill(log, [login(1)])
    assert erase(log, [(event_id, "actor"), (event_id, "actor")]) == 1
    assert erase(log, [(event_id, "actor")]) is None
    assert erase(log, [(event_id, "actor"), (event_id, "target")]) == 2
    assert admin.execute("select groups from erasure order by 1").fetchall() == [(1,), (1,)]


def test_an_event_that_is_not_sealed_is_refused(log: Log) -> None:
    with log.appender() as appender:
        (event_id,) = appender.append([login(1)]).ids
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="is not sealed"):
        erase(log, [(event_id, "actor")])


def test_an_unknown_group_is_refused_and_nothing_happens(log: Log, admin: Admin) -> None:
    (event_id,) = fill(log, [login(1)])
    with pytest.raises(psycopg.errors.DatabaseError):
        erase(log, [(event_id, "actor"), (event_id, "action")])
    assert admin.execute("select count(*) from erasure").fetchone() == (0,)
    assert admin.execute("select actor from audit_event").fetchone() == ("elif.kaya",)


def test_a_quarantined_submission_goes_whole(log: Log, admin: Admin) -> None:
    with log.appender() as appender:
        appender.append([login(1, native_id="a")])
        appender.append([login(1, native_id="a", description="by elif")])
    assert erase(log, [], [1, 99]) == 1
    assert admin.execute("select submission, erasure_no, native_id from conflict").fetchall() == [(None, 1, "a")]
    assert erase(log, [], [1]) is None


@pytest.mark.parametrize("role", ["auditlens", "auditlens_owner", "auditlens_sealer", "auditlens_redactor"])
def test_an_update_without_an_erasure_is_refused(log: Log, admin: Admin, role: str) -> None:
    fill(log, [login(1, **FULL)])
    admin.execute(f"set role {role}".encode())
    refused(admin, "update audit_event set actor = null, actor_salt = null")
    refused(admin, "update sealed set region = null, country = null, geo_source = null, place_salt = null")
    refused(admin, "update conflict set submission = null, erasure_no = 1")


IN_FORM = "actor = null, actor_salt = null"
TAMPERING = {
    "another column along": f"{IN_FORM}, action = 'x'",
    "another column of the group stays": "client_salt = null, source_ip = null, user_agent = null",
    "the salt alone": "actor_salt = null",
    "the value alone": "actor = null",
    "another value": "actor = 'x', actor_salt = null",
    "another salt": "actor_salt = target_salt",
    "a group not on record": "target = null, target_salt = null",
    "a second group along": f"{IN_FORM}, target = null, target_salt = null",
    "the order": f"{IN_FORM}, tx = '1'",
    "nothing": "actor = actor",
}


@pytest.mark.on_both_servers
@pytest.mark.parametrize("change", TAMPERING.values(), ids=TAMPERING.keys())
def test_in_an_erasure_only_its_groups_change(log: Log, admin: Admin, change: str) -> None:
    (event_id,) = fill(log, [login(1, **FULL)])
    refused_in_erasure(admin, event_id, "actor", f"update audit_event set {change}", "no erasure")


def test_a_wrong_digest_is_refused(log: Log, admin: Admin) -> None:
    (event_id,) = fill(log, [login(1, **FULL)])
    refused_in_erasure(admin, event_id, "actor", f"update audit_event set {IN_FORM}", "no erasure", "sha256('x')")


def test_a_digest_of_an_earlier_erasure_does_not_open_the_record_again(log: Log, admin: Admin) -> None:
    (event_id,) = fill(log, [login(1, **FULL)])
    with admin.transaction():
        begin_erasure(admin, event_id, "actor")
    refused(admin, f"update audit_event set {IN_FORM}")


@pytest.mark.on_both_servers
def test_in_form_a_superuser_erases_as_the_function_does(log: Log, admin: Admin) -> None:
    """So that the refusals above are not all there is: the same steps pass when they are an erasure."""
    (event_id,) = fill(log, [login(1, **FULL)])
    with admin.transaction():
        begin_erasure(admin, event_id, "actor")
        admin.execute(f"update audit_event set {IN_FORM} where id = %s".encode(), (event_id,))
    assert admin.execute("select actor from audit_event").fetchone() == (None,)


@pytest.mark.parametrize("change", ["place_salt = null", "region = 'x'", "seq = 9, place_salt = null, region = null"])
def test_in_an_erasure_of_a_place_only_the_place_goes(log: Log, admin: Admin, change: str) -> None:
    (event_id,) = fill(log, [login(1, **FULL)])
    refused_in_erasure(admin, event_id, "place", f"update sealed set {change}", "no erasure")


def begin_erasure(admin: Admin, event_id: int, group: str, digest: str | None = None) -> None:
    """What only a superuser or the owner can: the first half of an erasure, by hand."""
    told = digest or (
        "(select audit_digest(place_salt, 'place', audit_json_place(country, geo_source, region)) from sealed s"
        " where s.event_id = e.id)"
        if group == "place"
        else f"audit_digest_of(e, '{group}')"
    )
    admin.execute("insert into erasure (reason, groups, digest) values ('x', 1, sha256(''))")
    admin.execute(
        f"insert into erased_group select e.id, '{group}', {told}, (select max(erasure_no) from erasure)"
        " from audit_event e where e.id = %s".encode(),
        (event_id,),
    )


@pytest.mark.on_both_servers
def test_nobody_deletes_during_an_erasure(log: Log, admin: Admin) -> None:
    (event_id,) = fill(log, [login(1)])
    for table in ("audit_event", "sealed", "conflict", "erased_group", "erasure"):
        refused_in_erasure(admin, event_id, "actor", f"delete from {table}", "delete is refused")


def test_a_superuser_who_removes_the_guards_leaves_no_record(log: Log, admin: Admin) -> None:
    fill(log, [login(1)])
    admin.execute("alter table audit_event disable trigger all")
    admin.execute(f"update audit_event set {IN_FORM}".encode())
    assert admin.execute("select count(*) from erased_group").fetchone() == (0,)
    with pytest.raises(psycopg.errors.DataCorrupted, match="no erasure of it is on record"):
        erase(log, [(1, "actor")])


def test_the_redactor_does_nothing_else(log: Log) -> None:
    fill(log, [login(1)])
    with psycopg.connect(log.urls.redactor, autocommit=True) as connection:
        for statement in (
            "select * from audit_event",
            "select * from sealed",
            "select * from conflict",
            "insert into erasure (reason, groups, digest) values ('x', 1, sha256(''))",
            "insert into erased_group values (1, 'actor', sha256(''), 1)",
            "insert into erasure_step values (1, 'files')",
            "update audit_event set actor = null, actor_salt = null",
            "delete from conflict",
            "select audit_append_own('a', 'b', 'c', '{}', null)",
            "select audit_append('{}'::jsonb)",
            "create table x ()",
        ):
            refused(connection, statement)


@pytest.mark.parametrize("part", ["writer", "reader", "sealer"])
def test_nobody_but_the_redactor_erases(log: Log, part: str) -> None:
    with psycopg.connect(log.urls.of(part), autocommit=True) as connection:
        refused(connection, "select audit_erase('{}', '{}', '{}', '{}', '', null)")
        refused(connection, "select audit_erasure_did(1, 'files')")


@pytest.mark.on_both_servers
def test_months_to_come_are_guarded_alike(log: Log, admin: Admin) -> None:
    rows = admin.execute(
        "select c.relname, array_agg(t.tgname order by t.tgname), array_agg(distinct t.tgenabled) from pg_class c"
        " join pg_inherits i on i.inhrelid = c.oid left join pg_trigger t on t.tgrelid = c.oid"
        " where i.inhparent = 'audit_event'::regclass group by 1"
    ).fetchall()
    assert len(rows) == 14
    assert {(tuple(row[1]), tuple(row[2])) for row in rows} == {  # type: ignore[arg-type]
        (("no_rewrite", "no_truncate", "only_erasure"), ("A",))
    }


def test_a_month_made_later_is_guarded_alike(log: Log, admin: Admin) -> None:
    row = admin.execute(
        "select max(inhrelid::regclass::text) from pg_inherits"
        " where inhparent = 'audit_event'::regclass and inhrelid <> 'audit_event_default'::regclass"
    ).fetchone()
    assert row is not None
    name = row[0]
    admin.execute(f"drop table {name}".encode())
    assert admin.execute("select audit_add_months()").fetchone() == (1,)
    refused(admin, f"update {name} set action = action")
    admin.execute("set session_replication_role = replica")
    refused(admin, f"update {name} set action = action")


@pytest.mark.on_both_servers
@settings(max_examples=cases(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.one_of(st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)),
        min_size=6,
        max_size=6,
    )
)
def test_sql_and_python_write_the_same_bytes(admin: Admin, texts: list[str | None]) -> None:
    salt = "00112233445566778899aabbccddeeff"
    actor, agent, told, region, country, source = texts
    event = LeafInput._make(
        [None] * 14 + [actor, "::1", agent, told, None, None, None, hashlib.sha256(b"x").hexdigest(), *[salt] * 6]  # type: ignore[arg-type]
    )
    place = PlaceInput(region, country, source, salt)
    row = admin.execute(
        "select audit_disclosure(%(s)s, 'actor', audit_json(%(a)s::text)),"
        " audit_disclosure(%(s)s, 'client', audit_json_client('::1', %(t)s, %(u)s)),"
        " audit_disclosure(%(s)s, 'place', audit_json_place(%(c)s, %(g)s, %(r)s)),"
        " audit_disclosure(%(s)s, 'original', audit_json_original('x'))",
        {"s": bytes.fromhex(salt), "a": actor, "t": told, "u": agent, "c": country, "g": source, "r": region},
    ).fetchone()
    told_here = disclosures(event, place)
    assert row == tuple(told_here[group] for group in ("actor", "client", "place", "original"))
