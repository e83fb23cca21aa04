"""What a superuser can do to a log, for the tests of verification: SQL past the guards, or a file changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import psycopg

from dashboard.keeping.log import Log
from dashboard.ledger.note import Checkpoint, sign
from dashboard.ledger.tlog import Frontier
from dashboard.record.tree import TreeRecord

Admin = psycopg.Connection[tuple[object, ...]]

_EVENT = "id = (select event_id from sealed where seq = {seq})"
_GUARDS = """
    select tgrelid::regclass::text, tgname from pg_trigger
    where not tgisinternal and tgparentid = 0 and tgname in ('no_rewrite', 'no_truncate', 'only_erasure')
"""

EDITS = {
    "a clear field": "update audit_event set action = 'Logged Out' where " + _EVENT,
    "an actor": "update audit_event set actor = 'somebody.else' where " + _EVENT,
    "an address": "update audit_event set source_ip = '198.51.100.7' where " + _EVENT,
    "an address's mask": "update audit_event set source_ip = set_masklen(source_ip, 24) where " + _EVENT,
    "details": "update audit_event set details = coalesce(details, '') || ' ' where " + _EVENT,
    "a description": "update audit_event set description = description || ' ' where " + _EVENT,
    "nothing to empty": "update audit_event set target = '' where " + _EVENT,
    "the claimed time by 1 µs": "update audit_event set occurred_at = occurred_at + interval '1 us' where " + _EVENT,
    "the time of recording": "update audit_event set recorded_at = recorded_at + interval '1 us' where " + _EVENT,
    "a region": "update sealed set region = 'Elsewhere' where seq = {seq}",
    "a salt": "update audit_event set actor_salt = client_salt where " + _EVENT,
    "a source": "update audit_event set source = 'other' where " + _EVENT,
    "a counter": "update audit_event set source_seq = source_seq + 1000 where " + _EVENT,
    "the role that appended": "update audit_event set db_role = 'postgres' where " + _EVENT,
    "an infinite time": "update audit_event set occurred_at = 'infinity' where " + _EVENT,
    "a leaf beside its place": "update sealed set leaf = sha256('x') where seq = {seq}",
    "a stolen event": "update sealed set event_id = event_id + 1000000 where seq = {seq}",
}


DELETE = "delete from audit_event where " + _EVENT
EMPTY = "update audit_event set actor = null, actor_salt = null where " + _EVENT


@contextmanager
def past_the_guards(admin: Admin) -> Iterator[None]:
    """Takes every guard off for the block, and puts it back as it was."""
    guards = admin.execute(_GUARDS).fetchall()
    for table, name in guards:
        admin.execute(f"alter table {table} disable trigger {name}".encode())
    admin.execute("alter table audit_event drop constraint if exists occurred_at_between_1970_and_9999")
    admin.execute("alter table audit_event drop constraint if exists source_ip_is_one_address")
    try:
        yield
    finally:
        for table, name in guards:
            admin.execute(f"alter table {table} enable always trigger {name}".encode())


def force(admin: Admin, *statements: str) -> None:
    """Runs statements past the guards."""
    with past_the_guards(admin):
        for statement in statements:
            admin.execute(statement.encode())


def edit(admin: Admin, what: str, seq: int) -> None:
    """Makes one of EDITS at a place."""
    force(admin, EDITS[what].format(seq=seq))


def one(admin: Admin, statement: str) -> int:
    """The one number that a statement gives."""
    row = admin.execute(statement.encode()).fetchone()
    assert row is not None
    return int(str(row[0]))


def event_at(admin: Admin, seq: int) -> int:
    """The id of the event at a place."""
    return one(admin, f"select event_id from sealed where seq = {seq}")


def reseal(admin: Admin, seq: int) -> None:
    """Makes the leaf beside a place that of its event as it is now."""
    leaf = TreeRecord(admin).leaf_lines(seq, seq + 1)[0].leaf
    force(admin, f"update sealed set leaf = '\\x{leaf.hex()}' where seq = {seq}")


def put_into_tile(admin: Admin, seq: int) -> None:
    """Makes the leaf in the lowest tile, or in the edge, the one beside the place."""
    tile, at = divmod(seq, 256)
    put = f"overlay(hashes placing (select leaf from sealed where seq = {seq}) from {at * 32 + 1} for 32)"
    force(
        admin,
        f"update tile set hashes = {put} where level = 0 and number = {tile}",
        f"update tree_edge set hashes = {put} where level = 0 and length(hashes) >= {at * 32 + 32} "
        f"and not exists (select from tile where level = 0 and number = {tile})",
    )


def rebuild_tree(admin: Admin, *, roots: bool = True) -> dict[int, bytes]:
    """Writes tiles and edge anew from the leaves beside the places, and the root of each seal; gives the roots."""
    leaves = [bytes(row[0]) for row in admin.execute("select leaf from sealed order by seq")]  # type: ignore[call-overload]
    frontier, tiles, found = Frontier(), [], {}
    for (size,) in admin.execute("select tree_size from seal order by tree_size").fetchall():
        tiles += frontier.append(b"".join(leaves[frontier.size : int(str(size))]))
        found[int(str(size))] = frontier.root()
    with past_the_guards(admin):
        admin.execute("delete from tile")
        admin.execute("delete from tree_edge")
        for tile in tiles:
            admin.execute("insert into tile values (%s, %s, %s)", (tile.level, tile.number, tile.hashes))
        for level, hashes in enumerate(frontier.edges):
            admin.execute("insert into tree_edge values (%s, %s)", (level, hashes))
        for size, root in found.items() if roots else ():
            admin.execute("update seal set root = %s where tree_size = %s", (root, size))
    return found


def sign_again(admin: Admin, log: Log, roots: dict[int, bytes]) -> None:
    """Signs each head again with the stolen key."""
    folder = log.sealer_folder()
    with past_the_guards(admin):
        for number, size in admin.execute("select checkpoint_no, tree_size from checkpoint").fetchall():
            root = roots[int(str(size))]
            note = sign(Checkpoint(folder.state().origin, int(str(size)), root).text, [folder.signer()])
            admin.execute("update checkpoint set root = %s, note = %s where checkpoint_no = %s", (root, note, number))


def cut(admin: Admin, log: Log, size: int) -> None:
    """Removes everything behind a sealed size, with the tree made to fit and signed again."""
    force(
        admin,
        f"delete from audit_event where id in (select event_id from sealed where seq >= {size})",
        f"delete from event_key where event_id in (select event_id from sealed where seq >= {size})",
        f"delete from sealed where seq >= {size}",
        f"delete from seal where tree_size > {size}",
        f"delete from checkpoint where tree_size > {size}",
    )
    sign_again(admin, log, rebuild_tree(admin))


def change_archive(log: Log, table: str, change: pl.Expr | None, keep: pl.Expr | None = None) -> None:
    """Rewrites each file of a table: with a column changed, or with the rows that are kept."""
    for file in Path(log.settings.archive_location, table).glob("*.parquet"):
        rows = pl.read_parquet(file)
        rows = rows if change is None else rows.with_columns(change)
        (rows if keep is None else rows.filter(keep)).write_parquet(file)
