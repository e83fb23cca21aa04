"""Physical lines of a stream, numbered from 1: LF, CR LF and CR end one, also mixed; constant memory."""

from collections.abc import Callable, Iterator

LONGEST_LINE_BYTES = 1024 * 1024
_BLOCK_BYTES = 256 * 1024

TOO_LONG = "is longer than 1 MiB"


class Splitter:
    """Cuts blocks into lines as they come. A line over the limit is not kept: it comes out as the text TOO_LONG."""

    def __init__(self) -> None:
        self.number = 0
        self._rest = b""
        self._too_long = False

    def feed(self, block: bytes) -> Iterator[tuple[int, bytes | str]]:
        """Yields the lines that end in this block. A CR at its very end waits, for an LF may follow."""
        pieces = (self._rest + block).splitlines(keepends=True)
        self._rest = b"" if not pieces or pieces[-1].endswith(b"\n") else pieces.pop()
        for piece in pieces:
            yield self._line(piece)
        if len(self._rest) > LONGEST_LINE_BYTES:
            self._rest, self._too_long = self._rest[-1:], True

    def finish(self) -> Iterator[tuple[int, bytes | str]]:
        """Yields the last line when nothing ends it."""
        if self._rest:
            yield self._line(self._rest)
        self._rest = b""

    @property
    def unfinished(self) -> bool:
        return bool(self._rest)

    def _line(self, piece: bytes) -> tuple[int, bytes | str]:
        self.number += 1
        too_long = self._too_long or len(piece) > LONGEST_LINE_BYTES
        self._too_long = False
        return self.number, TOO_LONG if too_long else piece


def numbered_lines(read: Callable[[int], bytes], problem: Callable[[], str] = str) -> Iterator[tuple[int, bytes | str]]:
    """Yields (number, line with its end) of everything `read` gives; a line that can't be had is the reason, as text.

    When the stream broke off (`problem` says how), its unfinished last line is not a line: the reason stands for it.
    """
    splitter = Splitter()
    while block := read(_BLOCK_BYTES):
        yield from splitter.feed(block)
    if broken := problem():
        yield splitter.number + 1, broken
    else:
        yield from splitter.finish()
