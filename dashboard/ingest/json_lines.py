"""JSON lines: one object a line, blank lines left out; also one object alone that is written over several lines.

Each line stands alone: a damaged or cut-off one is rejected and the next is read.
"""

from collections.abc import Iterator

import orjson

from dashboard.ingest.fields import Maker
from dashboard.ingest.json_objects import ObjectReader, why_not_json
from dashboard.ingest.lines import LONGEST_LINE_BYTES, numbered_lines
from dashboard.ingest.rejects import WHOLE_LINE, Parsed, rejected
from dashboard.ingest.sources import HEAD_BYTES, Source, Unusable


def read_lines(source: Source, maker: Maker) -> Iterator[Parsed]:
    """Yields what each line of the file holds."""
    reader = ObjectReader(maker)
    empty = True
    for number, line in numbered_lines(source.read, lambda: source.problem):
        if isinstance(line, str):
            yield rejected(number, WHOLE_LINE, line)
        elif not line.isspace():
            yield reader.parsed(number, line)
        else:
            continue
        empty = False
    if empty:
        raise Unusable("is empty")


def is_one_object(head: bytes) -> bool:
    """Tells whether a file that begins so is one object over several lines: the first opens it, the next has a key."""
    lines = [line.strip() for line in head.splitlines() if line.strip()][:2]
    return len(lines) == 2 and lines[0] == b"{" and lines[1][:1] in (b'"', b"}")


def read_object(source: Source, maker: Maker) -> Iterator[Parsed]:
    """Yields the one event of a file that is one object. Raises Unusable when it is not JSON as a whole."""
    text = b""
    while len(text) <= LONGEST_LINE_BYTES and (block := source.read(HEAD_BYTES)):
        text += block
    if source.problem:
        raise Unusable(source.problem)
    if len(text) > LONGEST_LINE_BYTES:
        raise Unusable("is longer than 1 MiB and not JSON lines: write each object in a line of its own")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        raise Unusable(why_not_json(text, wrong)) from wrong
    blank = len(text) - len(text.lstrip())
    yield ObjectReader(maker).of_value(text.count(b"\n", 0, blank) + 1, text, value)
