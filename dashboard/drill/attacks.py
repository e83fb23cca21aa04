"""The attacks, and what each observer must find of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import polars as pl

from dashboard.drill.scene import Scene
from dashboard.keeping.log import Log
from dashboard.ledger.keys import SignedState
from dashboard.ledger.report import Kind


class Exactness(StrEnum):
    """How exactly an attack is found."""

    ROW = "the row"
    TILE = "its 256 rows"
    WINDOW = "a window"
    LOST = "the lost range"
    NAMED = "by name"  # what has no row: a trigger, a grant, a signature
    NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Target:
    """What was attacked: places of the log, first to last; or an event that has none; or neither."""

    first: int | None = None
    last: int | None = None
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to tamper. `act` does it and says what it hit; the three others say what each observer must find."""

    name: str
    act: Callable[[Scene], Target]
    database: Exactness  # the observer has the database and the public key
    memory: Exactness  # and what the sealer signed last
    outside: Exactness  # or copies of checkpoints that lie elsewhere
    kinds: frozenset[Kind]  # what it may be called


def _attack(name: str, act: Callable[[Scene], Target], found: Sequence[Exactness], kinds: Sequence[Kind]) -> Attack:
    database, memory, outside = found if len(found) == 3 else (found[0],) * 3
    return Attack(name, act, database, memory, outside, frozenset(kinds))


def _at_any_place(*statements: str) -> Callable[[Scene], Target]:
    def act(scene: Scene) -> Target:
        seq = scene.any_place()
        with scene.hands.past_the_guards():
            for statement in statements:
                scene.hands.run(statement, seq=seq)
        return Target(seq, seq)

    return act


def _without_place(statement: str) -> Callable[[Scene], Target]:
    def act(scene: Scene) -> Target:
        scene.hands.run(statement)
        return Target()

    return act


def _insert_backdated(scene: Scene) -> Target:
    with scene.hands.past_the_guards():
        return Target(event_id=scene.hands.value("insert_backdated", seq=scene.any_place()))


def _swap(scene: Scene) -> Target:
    seq, other = scene.chance.sample(range(scene.size), 2)
    with scene.hands.past_the_guards():
        scene.hands.run("free_event_ids")
        scene.hands.run("swap_events", seq=seq, other=other)
        scene.hands.run("bind_event_ids")
    return Target(seq, seq)


def _edit_and_reseal(scene: Scene) -> Target:
    seq = scene.any_place()
    with scene.hands.past_the_guards():
        scene.hands.run("change_actor", seq=seq)
        scene.reseal(seq)
    return Target(seq, seq)


def _edit_and_rebuild(scene: Scene) -> Target:
    seq = scene.any_place()
    with scene.hands.past_the_guards():
        scene.hands.run("change_actor", seq=seq)
        scene.reseal(seq)
        scene.rebuild_tree()
    return Target(seq, seq)


def _edit_rebuild_and_sign(scene: Scene) -> Target:
    seq = scene.any_place()
    with scene.hands.past_the_guards():
        scene.hands.run("change_actor", seq=seq)
        scene.reseal(seq)
        scene.sign_again(scene.rebuild_tree())
    scene.rewrite_archive()
    return Target(seq, seq)


def _rewrite_memory_too(scene: Scene) -> Target:
    seq = scene.any_place()
    folder = scene.log.sealer_folder()
    with scene.hands.past_the_guards():
        scene.hands.run("change_actor", seq=seq)
        scene.reseal(seq)
        roots = scene.rebuild_tree()
        scene.sign_again(roots)
    scene.rewrite_archive()
    size = max(roots)
    folder.save_state(SignedState(folder.state().origin, size, roots[size]))
    return Target(seq, seq)


def _cut_the_last_ten(scene: Scene) -> Target:
    with scene.hands.past_the_guards():
        scene.cut(scene.size - 10)
    scene.rewrite_archive()
    return Target(scene.size - 10, scene.size - 1)


def _roll_back(scene: Scene) -> Target:
    sizes = [row[0] for row in scene.hands.rows("seal_sizes")][:-1]
    size = scene.chance.choice(sizes)
    with scene.hands.past_the_guards():
        scene.cut(size)
    scene.rewrite_archive()
    return Target(size, scene.size - 1)


def _forge_a_place(scene: Scene) -> Target:
    with scene.hands.past_the_guards():
        scene.hands.run("forge_place")
    return Target(scene.size, scene.size)


def _spoil_a_signature(scene: Scene) -> Target:
    number, size = scene.chance.choice(scene.hands.rows("checkpoints"))
    with scene.hands.past_the_guards():
        scene.hands.run("spoil_signature", checkpoint_no=number)
    return Target(size, size)


def _archived(change: str) -> Callable[[Scene], Target]:
    def act(scene: Scene) -> Target:
        seq = scene.any_place()
        _rewrite_archive(scene.log, seq, change)
        return Target(seq, seq)

    return act


def _rewrite_archive(log: Log, seq: int, change: str) -> None:
    for file in Path(log.settings.archive_location, "events").glob("*.parquet"):
        rows = pl.read_parquet(file)
        here = pl.col("seq") == seq
        if change == "remove":
            rows = rows.filter(~here)
        else:
            rows = rows.with_columns(pl.when(here).then(pl.lit("somebody.else")).otherwise("actor").alias("actor"))
        rows.write_parquet(file)


def _before_the_seal(*statements: str) -> Callable[[Scene], Target]:
    def act(scene: Scene) -> Target:
        scene.hands.run("append_waiting")
        with scene.hands.past_the_guards():
            for statement in statements:
                scene.hands.run(statement)
        return Target()

    return act


ROW, TILE, WINDOW, LOST, NAMED, NOTHING = Exactness
_REWRITTEN = (Kind.REWRITTEN, Kind.SIGNATURE, Kind.TREE)
_LOST = (Kind.ROLLED_BACK,)

ATTACKS: tuple[Attack, ...] = (
    _attack("Change what an event says was done", _at_any_place("change_action"), [ROW], [Kind.ALTERED]),
    _attack("Put another person in an actor's place", _at_any_place("change_actor"), [ROW], [Kind.ALTERED]),
    _attack("Change an address", _at_any_place("change_address"), [ROW], [Kind.ALTERED]),
    _attack("Change details by one blank", _at_any_place("change_details"), [ROW], [Kind.ALTERED]),
    _attack("Change a word of a description", _at_any_place("change_description"), [ROW], [Kind.ALTERED]),
    _attack("Move an event by a microsecond", _at_any_place("move_time"), [ROW], [Kind.ALTERED]),
    _attack("Move an event to another region", _at_any_place("change_region"), [ROW], [Kind.ALTERED]),
    _attack("Delete an event", _at_any_place("delete_event"), [ROW], [Kind.DELETED]),
    _attack("Slip an event in behind the seal", _insert_backdated, [ROW], [Kind.INSERTED]),
    _attack("Let two events change places", _swap, [ROW], [Kind.ALTERED]),
    _attack(
        "Empty a field without a record of erasure",
        _at_any_place("erase_unrecorded"),
        [ROW],
        [Kind.ERASED, Kind.ALTERED],
    ),
    _attack("Change an event and its sealed leaf", _edit_and_reseal, [ROW], [Kind.ALTERED, Kind.TREE]),
    _attack("Change an event, its leaf and the whole tree; no key", _edit_and_rebuild, [WINDOW], _REWRITTEN),
    _attack(
        "The same, signed again with the stolen key", _edit_rebuild_and_sign, [NOTHING, WINDOW, WINDOW], _REWRITTEN
    ),
    _attack("The same, and the sealer's memory rewritten", _rewrite_memory_too, [NOTHING, NOTHING, WINDOW], _REWRITTEN),
    _attack("Cut the last ten events, signed again", _cut_the_last_ten, [NOTHING, LOST, LOST], _LOST),
    _attack("Roll back to an earlier state, signed again", _roll_back, [NOTHING, LOST, LOST], _LOST),
    _attack(
        "Give a made-up event a place at the end",
        _forge_a_place,
        [ROW],
        [Kind.TREE, Kind.INSERTED, Kind.DELETED, Kind.ALTERED],
    ),
    _attack("Spoil a checkpoint's signature", _spoil_a_signature, [NAMED], [Kind.SIGNATURE]),
    _attack("Leave a guard switched off", _without_place("disable_guard"), [NAMED], [Kind.PROTECTION]),
    _attack("Drop a guard from a partition", _without_place("drop_guard"), [NAMED], [Kind.PROTECTION]),
    _attack("Let the guards refuse nothing", _without_place("soften_guard"), [NAMED], [Kind.PROTECTION]),
    _attack("Let the writer change events", _without_place("grant_update"), [NAMED], [Kind.PROTECTION]),
    _attack("Change an event in the archive", _archived("change"), [ROW], [Kind.ARCHIVE]),
    _attack("Remove an event from the archive", _archived("remove"), [ROW], [Kind.ARCHIVE]),
    _attack("Change an event before it is sealed", _before_the_seal("change_waiting"), [NOTHING], []),
    _attack(
        "Delete an event before it is sealed, but not its key",
        _before_the_seal("drop_waiting"),
        [NAMED],
        [Kind.PROTECTION, Kind.DELETED],
    ),
    _attack(
        "Delete an event before it is sealed, and its key",
        _before_the_seal("drop_waiting", "forget_keys"),
        [NOTHING],
        [],
    ),
)
