"""1, 10 and 50 sessions at once, each changing its filter at random, for `BENCH_SECONDS` (default 120) each.

Between two changes a session waits one to five seconds, as somebody who reads; the page's own ticks go on.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.exceptions import WebSocketException

from tests.bench import archive, results
from tests.bench.memory import watched
from tests.bench.serve import running
from tests.bench.session import Failed, Session
from tests.bench.test_browser import CATEGORIES, WORDS

pytestmark = pytest.mark.bench

SECONDS = float(os.environ.get("BENCH_SECONDS", "120"))
SESSIONS = (1, 10, 50)
_PAUSE_S = (1.0, 5.0)
_SORTS = ("actor:asc", "category:desc", "region:asc", "source_ip:desc", "occurred_at:asc", "outcome:desc", "action:asc")
_HOW = f"""\
Websocket sessions as the page's own frontend opens them, against one server process: each changes its filter at random
(categories, times, words, sorts, pages), waits for the whole answer, pauses for {_PAUSE_S[0]:.0f} to {_PAUSE_S[1]:.0f} s and goes on, for {{seconds:.0f}} s;
the page's own parts renew themselves in between, as in a browser. Times are from the change to the last message of its
answer. An error is an exception, an error card, a closed connection or an answer that takes more than a minute. The
sessions run on the same cores as the server.
"""  # noqa: E501  # the numbers grow


def test_sessions(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = []
    with running(archive.location(), tmp_path) as site:
        for count in SESSIONS:
            with watched(site) as memory:
                times, errors = asyncio.run(visit(site.address, count))
            print(f"{count} sessions: {len(times)} answers, {errors[:3] or 'no errors'}", flush=True)
            rows.append(row(count, times, errors) | {"memory": memory["most"]})
    results.put("sessions", archive.EVENTS, {"rows": rows, "how": _HOW.format(seconds=SECONDS)})
    assert all(each["errors"] == 0 for each in rows)


def row(count: int, times: Sequence[float], errors: Sequence[str]) -> dict[str, Any]:
    assert times, errors
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {
        "sessions": count, "answers": len(times), "errors": len(errors), "complaints": sorted(set(errors))[:5],
        "p50": statistics.median(ordered), "p95": p95, "most": ordered[-1],
    }  # fmt: skip


async def visit(address: str, count: int) -> tuple[list[float], list[str]]:
    """So many visitors at once; their times, and what went wrong."""
    until = time.monotonic() + SECONDS
    visitors = [visitor(address, random.Random(1000 * count + number), until) for number in range(count)]
    told = await asyncio.gather(*visitors)
    return [took for times, _ in told for took in times], [error for _, errors in told for error in errors]


async def visitor(address: str, chance: random.Random, until: float) -> tuple[list[float], list[str]]:
    """One visitor; a session that breaks is opened again."""
    times: list[float] = []
    errors: list[str] = []
    await asyncio.sleep(chance.uniform(0, min(5.0, SECONDS / 10)))  # people do not come all at once
    while time.monotonic() < until:
        try:
            async with Session.opened(address) as session:
                await session.ask("")
                while time.monotonic() < until:
                    await asyncio.sleep(chance.uniform(*_PAUSE_S))
                    times.append(await session.ask(link(chance)))
        except (Failed, WebSocketException, OSError) as wrong:
            errors.append(f"{type(wrong).__name__}: {wrong}")
    return times, errors


def link(chance: random.Random) -> str:
    """A filter that somebody might choose."""
    pairs = [("category", name) for name in chance.sample(CATEGORIES, chance.choice((0, 1, 1, 2)))]
    pairs += [("search", chance.choice(WORDS))] if chance.random() < 0.3 else []
    pairs += chance.choice(([], [], [("range", "all")], [("last", "7d")], [("last", "90d")]))
    pairs += [("sort", chance.choice(_SORTS))] if chance.random() < 0.2 else []
    pairs += [("page", str(chance.randint(2, 50)))] if chance.random() < 0.15 else []
    return urlencode(pairs)
