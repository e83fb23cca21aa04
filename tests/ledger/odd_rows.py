"""Events as odd as the record can hold them, and their canonical line by the format's description and a JSON library
alone: nothing of `dashboard.events.canonical` makes it.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from hypothesis import strategies as st

from dashboard.events.canonical import GROUPS, LeafInput, PlaceInput

PLACE_COLUMNS = ("region", "country", "geo_source", "place_salt")
EVENT_COLUMNS = (
    "id", "recorded_at", "db_role", "occurred_at", "category", "action", "outcome", "actor_type", "actor_id", "source",
    "native_id", "source_seq", "request_id", "imported", "actor", "source_ip", "user_agent", "reported_region",
    "target", "description", "details", "original", "actor_salt", "client_salt", "target_salt", "description_salt",
    "details_salt", "original_salt",
)  # fmt: skip
_AS_THEY_STAND = (
    "db_role", "category", "action", "outcome", "actor_type", "actor_id", "source", "native_id", "source_seq",
    "request_id", "imported",
)  # fmt: skip
_CLIENT, _PLACE = ("ip", "reported_region", "user_agent"), ("country", "geo_source", "region")


def plain_json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class OddRow:
    """What was recorded and sealed of one event, and which of its groups were erased since."""

    told: dict[str, object]
    erased: frozenset[str]

    @property
    def event_id(self) -> int:
        return cast("int", self.told["id"])

    def digest(self, group: str) -> str:
        """What stands under `sd`."""
        return hashlib.sha256(plain_json([self._hex(f"{group}_salt"), group, self._value(group)])).hexdigest()

    def _value(self, group: str) -> object:
        original = cast("bytes | None", self.told["original"])
        if group == "original":
            return None if original is None else {"sha256": hashlib.sha256(original).hexdigest()}
        if group in ("client", "place"):
            return {
                name: self.told["source_ip" if name == "ip" else name]
                for name in (_CLIENT if group == "client" else _PLACE)
            }
        return self.told[group]

    def _hex(self, name: str) -> str:
        return cast("bytes", self.told[name]).hex()

    @property
    def line(self) -> bytes:
        """The canonical line."""
        times = {name: cast("datetime", self.told[name]) for name in ("occurred_at", "recorded_at")}
        return plain_json(
            {
                "v": 1,
                "id": str(self.event_id),
                **{name: time.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for name, time in times.items()},
                **{name: self.told[name] for name in _AS_THEY_STAND},
                "sd": {group: self.digest(group) for group in GROUPS},
            }
        )

    def stored(self, columns: tuple[str, ...]) -> tuple[object, ...]:
        """The columns as they stand after the erasure."""
        gone = {f"{group}_salt" for group in self.erased} | self.erased
        gone |= {"source_ip", *_CLIENT} if "client" in self.erased else set()
        gone |= {*_PLACE} if "place" in self.erased else set()
        return tuple(None if name in gone else self.told[name] for name in columns)

    @property
    def leaf_input(self) -> LeafInput:
        """The event as `leaf_line` takes it."""
        told = dict(zip(EVENT_COLUMNS, self.stored(EVENT_COLUMNS), strict=True))
        original = cast("bytes | None", told.pop("original"))
        told["original_sha256"] = None if original is None else hashlib.sha256(original).hexdigest()
        for name, value in told.items():
            if isinstance(value, datetime):
                told[name] = value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            elif isinstance(value, bytes):
                told[name] = value.hex()
        return LeafInput(**told)  # type: ignore[arg-type]

    def known(self, **fields: object) -> "OddRow":
        """The same event with what the record gave it."""
        return OddRow({**self.told, **fields}, self.erased)

    @property
    def place(self) -> PlaceInput:
        region, country, geo_source, salt = cast("tuple[str | None, ...]", self.stored(PLACE_COLUMNS))
        return PlaceInput(region, country, geo_source, None if salt is None else self._hex("place_salt"))


hostile = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    | st.sampled_from("\x01\x08\t\n\x0b\x0c\r\x1b\x1f\"'\\/\x7f\x85\u2028\u2029\ufeff\ufffe\uffff\U0010ffff😀ığ"),
    max_size=30,
)
_word = hostile.map("w".__add__)
_moment = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(9999, 12, 31, 23, 59, 59, 999_999),  # noqa: DTZ001
    timezones=st.just(UTC),
)
# Below ::/80 PostgreSQL writes an address with dots (::1.2.3.4), Python without.
_address = st.ip_addresses().filter(lambda address: address.version == 4 or int(address) >> 48 > 0).map(str)
_json_text = (
    st.sampled_from(['{"b": 1.50,"a":1e400}', " null ", '"\\ud83d"', "[1,\t2]", "-0", '{"a":1,"a":2}']) | hostile
)


@st.composite
def _odd_row(draw: st.DrawFn, *, erased: bool) -> OddRow:
    kind = draw(st.sampled_from(["user", "admin", "token", "system", "anonymous"]))
    told = {
        "id": draw(st.integers(1, 2**63 - 1)),
        "recorded_at": draw(_moment),
        "occurred_at": draw(_moment),
        "outcome": draw(st.sampled_from(["success", "failure", "unknown"])),
        "actor_type": kind,
        "actor": None if kind == "system" else draw(st.none() | hostile),
        "native_id": draw(hostile),
        "source_seq": draw(st.none() | st.integers(0, 2**53 - 1)),
        "imported": draw(st.booleans()),
        "source_ip": draw(st.none() | _address),
        "details": draw(st.none() | _json_text),
        "original": draw(st.none() | st.binary(max_size=20)),
    }
    for name in ("db_role", "category", "action", "source"):
        told[name] = draw(_word)
    for name in ("actor_id", "request_id", "user_agent", "reported_region", "target", "description", *_PLACE):
        told[name] = draw(st.none() | hostile)
    for group in GROUPS:
        told[f"{group}_salt"] = draw(st.binary(min_size=16, max_size=16))
    return OddRow(told, draw(st.frozensets(st.sampled_from(GROUPS), max_size=2 if erased else 0)))


def odd_rows(*, erased: bool = True) -> st.SearchStrategy[list[OddRow]]:
    """Some events of different ids, all whole or some with groups that were erased."""
    return st.lists(_odd_row(erased=erased), min_size=1, max_size=12, unique_by=lambda row: row.event_id)
