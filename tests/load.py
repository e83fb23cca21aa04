"""A load on a record: writers that commit, roll back, use savepoints, and one transaction open all the while."""

import random
import threading
import time
from types import TracebackType
from typing import Self

import psycopg

APPEND = (
    "select audit_append(jsonb_build_object('occurred_at', clock_timestamp()::text, 'category', 'Auth',"
    " 'action', 'Logged In', 'actor', 'load', 'native_id', %s::text))"
)


class Load:
    """Ten writers, from entering the block to leaving it; `committed` then holds the native id of every event that
    counts.
    """

    def __init__(self, writer_url: str, *, pause_s: float = 0.0, most: int = 30_000) -> None:
        self.committed: list[str] = []
        self._url = writer_url
        self._pause_s = pause_s
        self._most = most
        self._stop = threading.Event()
        self._long = psycopg.connect(writer_url)
        self._threads = [threading.Thread(target=self._write, args=(worker,)) for worker in range(10)]

    def _write(self, worker: int) -> None:
        chance = random.Random(worker)
        with psycopg.connect(self._url) as connection:
            number = 0
            while not self._stop.is_set() and len(self.committed) < self._most:
                names = [f"{worker}-{number + k}" for k in range(chance.randint(1, 3))]
                number += len(names)
                for name in names:
                    connection.execute(APPEND, (name,))
                if chance.random() < 0.2:
                    with connection.transaction(force_rollback=True):
                        connection.execute(APPEND, (f"savepoint-{worker}-{number}",))
                if chance.random() < 0.2:
                    connection.rollback()
                else:
                    connection.commit()
                    self.committed.extend(names)
                time.sleep(self._pause_s)

    def __enter__(self) -> Self:
        self._long.execute(APPEND, ("long",))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._long.commit()
        self._long.close()
        self.committed.append("long")
