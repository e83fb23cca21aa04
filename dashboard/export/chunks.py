"""Cutting rows small and joining bytes large: what lets every writer stream in constant memory."""

from collections.abc import Iterable, Iterator

import polars as pl

CHUNK_BYTES = 256 * 1024  # smaller pieces cost a web response more than making them
SLICE_ROWS = (
    2_000  # rows turned into text at once: 0.3 MB of usual events, and still bearable when each text is at its limit
)
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.6fZ"  # as events.times.format_time writes it


def slices(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows in frames of a size that every writer can hold twice."""
    for batch in batches:
        yield from batch.iter_slices(SLICE_ROWS)


def chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks of at least CHUNK_BYTES, the last one excepted; never an empty chunk."""
    waiting, size_bytes = [], 0
    for piece in pieces:
        waiting.append(piece)
        size_bytes += len(piece)
        if size_bytes >= CHUNK_BYTES:
            yield b"".join(waiting)
            waiting, size_bytes = [], 0
    if size_bytes:
        yield b"".join(waiting)
