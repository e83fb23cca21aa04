"""Salts and leaves for a benchmark's events, column by column.

`real` makes the very leaves that `events.canonical` defines; only its salts are cheaper than a record's, for equal
values of a group in one file have the same salt. `made_up` has the same columns filled with noise: as large, and
three times as fast.
"""

import hashlib
from json.encoder import encode_basestring as _escaped

import numpy as np
import polars as pl

from dashboard.demo.chance import Ints, below, bits, key
from dashboard.events.canonical import GROUPS, LEAF_VERSION

_SALTS_IN_ALL = 4096
_STREAM_PROOFS = 40
_NULL = "null"
_CLIENT = {"ip": "source_ip", "reported_region": "reported_region", "user_agent": "user_agent"}
_PLACE = {"country": "country", "geo_source": "geo_source", "region": "region"}
_COLUMNS = {group: (group,) for group in GROUPS} | {
    "client": tuple(_CLIENT.values()),
    "place": tuple(_PLACE.values()),
    "original": (),
}


def made_up(events: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Adds `leaf`, `leaf_v`, a `<group>_salt` for each group, and `original`: noise, salts out of a few thousand."""
    own = key(seed, _STREAM_PROOFS, events["seq"].to_numpy())
    noise = np.stack([bits(own, draw) for draw in range(4)], axis=1).tobytes()
    leaves = pl.Series([noise[at : at + 32] for at in range(0, len(noise), 32)], dtype=pl.Binary)
    salts = pl.Series(
        [hashlib.sha256(b"%d" % number).digest()[:16] for number in range(_SALTS_IN_ALL)], dtype=pl.Binary
    )
    chosen: dict[str, Ints] = {group: below(own, 10 + place, _SALTS_IN_ALL) for place, group in enumerate(GROUPS)}
    return events.with_columns(
        leaves.alias("leaf"),
        *(salts.gather(pl.Series(numbers)).alias(f"{group}_salt") for group, numbers in chosen.items()),
        pl.lit(LEAF_VERSION, dtype=pl.Int16).alias("leaf_v"),
        pl.lit(None, dtype=pl.Binary).alias("original"),
    )


def real(events: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Adds the same columns; each leaf is that of its event under its salts. About 7 µs an event."""
    told = events
    for group in GROUPS:
        told = _committed(told, group, seed)
    sha256 = hashlib.sha256
    lines = told.select(_line())["line"].to_list()
    leaves = pl.Series("leaf", [sha256(line.encode()).digest() for line in lines], dtype=pl.Binary)
    return events.with_columns(
        leaves,
        *(told[f"{group}_salt"] for group in GROUPS),
        pl.lit(LEAF_VERSION, dtype=pl.Int16).alias("leaf_v"),
        pl.lit(None, dtype=pl.Binary).alias("original"),
    )


def _committed(told: pl.DataFrame, group: str, seed: int) -> pl.DataFrame:
    """Adds salt and digest of each row's value; a distinct value is hashed once."""
    columns = list(_COLUMNS[group])
    distinct = told.select(columns).unique() if columns else pl.DataFrame()
    salts, digests = [], []
    for row in distinct.iter_rows(named=True) if columns else [{}]:
        value = _value(group, row)
        salt = hashlib.sha256(f"{seed}|{group}|{value}".encode()).digest()[:16]
        salts.append(salt)
        digests.append(hashlib.sha256(f'["{salt.hex()}","{group}",{value}]'.encode()).hexdigest())
    names = (f"{group}_salt", f"{group}_digest")
    if not columns:
        return told.with_columns(pl.lit(salts[0]).alias(names[0]), pl.lit(digests[0]).alias(names[1]))
    made = distinct.with_columns(
        pl.Series(names[0], salts, dtype=pl.Binary), pl.Series(names[1], digests, dtype=pl.String)
    )
    return told.join(made, on=columns, how="left", nulls_equal=True, maintain_order="left")


def _value(group: str, row: dict[str, str | None]) -> str:
    """The value of a group as the JSON text that `canonical.disclosures` writes."""
    fields = {"client": _CLIENT, "place": _PLACE}.get(group)
    if fields is not None:
        return "{" + ",".join(f'"{name}":{_text(row[column])}' for name, column in fields.items()) + "}"
    return _text(row.get(group))


def _text(value: str | None) -> str:
    return _NULL if value is None else _escaped(value)


def _json(column: str) -> pl.Expr:
    """A word of the demo as JSON; none of the words that stand in clear needs escaping."""
    return pl.concat_str(pl.lit('"'), column, pl.lit('"')).fill_null(_NULL)


def _line() -> pl.Expr:
    """The canonical line of `events.canonical.leaf_line`, behind the zero byte of a leaf."""
    parts: list[pl.Expr] = []

    def tell(text: str, value: pl.Expr) -> None:
        parts.extend((pl.lit(text), value))

    tell('\0{"action":"', pl.col("action"))
    tell('","actor_id":', _json("actor_id"))
    tell(',"actor_type":"', pl.col("actor_type"))
    tell('","category":"', pl.col("category"))
    tell('","db_role":"', pl.col("db_role"))
    tell('","id":"', pl.col("id").cast(pl.String))
    tell('","imported":', pl.col("imported").cast(pl.String))
    tell(',"native_id":"', pl.col("native_id"))
    tell('","occurred_at":"', _time("occurred_at"))
    tell('","outcome":"', pl.col("outcome"))
    tell('","recorded_at":"', _time("recorded_at"))
    tell('","request_id":', _json("request_id"))
    for place, group in enumerate(GROUPS):
        tell(('","' if place else ',"sd":{"') + f'{group}":"', pl.col(f"{group}_digest"))
    tell('"},"source":"', pl.col("source"))
    tell('","source_seq":', pl.col("source_seq").cast(pl.String))
    return pl.concat_str(*parts, pl.lit(f',"v":{LEAF_VERSION}}}')).alias("line")


def _time(column: str) -> pl.Expr:
    return pl.col(column).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
