"""The shapes and names of the world's countries. They lie beside this module: nothing is fetched from anywhere."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

_FILE = Path(__file__).with_name("world.json")


@cache
def topology() -> dict[str, Any]:
    """The TopoJSON of `world.json`: objects `countries` and, for those too small to draw, `points`; do not change it.

    Each geometry has an ISO 3166-1 code as `id` and the property `name`. The file says its source and licence.
    """
    found: dict[str, Any] = orjson.loads(_FILE.read_bytes())
    return found


@cache
def _names() -> dict[str, str]:
    objects = topology()["objects"].values()
    return {one["id"]: one["properties"]["name"] for group in objects for one in group["geometries"]}


def name(code: str | None) -> str:
    """The English name of a code, the code itself where the map has none; log text, so to be shown as such."""
    return "an unknown country" if code is None else _names().get(code, code)
