"""A file that is written and taken along at the same time: a writer that wants a file streams through it."""

import io


class Passing(io.RawIOBase):
    """A file to write to that keeps nothing: what was written is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: "bytes | memoryview[int]", /) -> int:  # type: ignore[override]  # of RawIOBase: any buffer
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        """What was written since it was asked last."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
