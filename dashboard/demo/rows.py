"""Events as arrays of numbers, from which the readable columns are made at the very end."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Self

import numpy as np

from dashboard.demo.chance import Bools, Ints, Keys


class Kind(IntEnum):
    """The actor types, numbered."""

    USER = 0
    ADMIN = 1
    TOKEN = 2
    SYSTEM = 3
    ANONYMOUS = 4


class Form(IntEnum):
    """What an event's details say; `amount` and `count` are the numbers in them, `word` the name."""

    NOTHING = 0
    DONE = 1  # bytes, seconds, storage
    FAILED = 2  # attempts, storage
    LOGIN = 3
    ATTEMPT = 4  # which try it was
    SIZE = 5  # bytes
    STARTED = 6  # storage


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """One entry an event in every array; -1 (or request 0) means there is none."""

    at: Ints  # microseconds since 1970
    key: Keys  # names the event for ever
    act: Ints
    actor: Ints
    kind: Ints
    target: Ints
    address: Ints
    agent: Ints
    request: Keys
    form: Ints
    amount: Ints
    count: Ints
    word: Ints  # a storage

    def __len__(self) -> int:
        return len(self.at)

    def where(self, chosen: Bools | Ints) -> Self:
        """The chosen rows, in the order chosen."""
        return type(self)(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


_ABSENT = {"kind": Kind.SYSTEM, "request": 0, "form": Form.NOTHING, "amount": 0, "count": 0}


def rows(at: Ints, key: Keys, act: Any, **given: Any) -> Rows:
    """Rows with what is given, as arrays or as one value for all, and nothing else."""
    columns: dict[str, Any] = {"at": at, "key": key, "act": act} | given
    size = len(at)
    made: dict[str, Any] = {}
    for field in fields(Rows):
        value = columns.get(field.name, _ABSENT.get(field.name, -1))
        dtype = np.uint64 if field.name in ("key", "request") else np.int64
        made[field.name] = np.broadcast_to(np.asarray(value, dtype=dtype), (size,))
    return Rows(**made)


def joined(parts: Sequence[Rows]) -> Rows:
    """All rows of the parts, one part after the other."""
    return Rows(**{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Rows)})
