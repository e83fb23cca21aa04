"""What the table shows of each event, as a link says it: which columns, in what order, how wide, how high a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dashboard.errors import UsageError
from dashboard.events.columns import TABLE_COLUMNS

NAMES = ("columns", "widths", "density")

USUAL = ("outcome", *TABLE_COLUMNS)
CHOICES = (
    *USUAL, "target", "user_agent", "actor_type", "actor_id", "country", "reported_region", "recorded_at", "source",
    "native_id", "source_seq", "request_id", "seq", "id",
)  # fmt: skip
"""The columns that a table can show: all that are short. The rest is in the drawer."""

NARROWEST, WIDEST = 40, 1_000


class Density(StrEnum):
    """How much of the screen a row takes."""

    NORMAL = "normal"  # texts break into up to four lines
    COMPACT = "compact"  # one line: twice as many rows on screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Raises UsageError for what no table can be. A file has its own columns, whatever is shown: none is lost."""

    columns: tuple[str, ...] = USUAL  # in the order in which they are shown
    widths: Mapping[str, int] = field(
        default_factory=dict
    )  # in pixels; a column without one has the width that suits it
    density: Density = Density.NORMAL

    def __post_init__(self) -> None:
        for name in self.columns:
            if name not in CHOICES:
                raise UsageError(
                    f"columns: {name[:64]!r} is no column of the table", f"There are {', '.join(CHOICES)}."
                )
        if not self.columns or len(set(self.columns)) < len(self.columns):
            wrong = "a column stands there twice" if self.columns else "there is none"
            raise UsageError(f"columns: {wrong}", "Name each that is to be shown once, with commas between them.")
        for name, width in self.widths.items():
            if name not in self.columns:
                raise UsageError(f"widths: {name[:64]!r} is not among the columns", "Take it away, or show the column.")
            if not NARROWEST <= width <= WIDEST:
                raise UsageError(f"widths: {name} can't be {width} wide", f"Give {NARROWEST} to {WIDEST} pixels.")

    def __hash__(self) -> int:
        return hash((self.columns, tuple(sorted(self.widths.items())), self.density))

    def showing(self, columns: tuple[str, ...]) -> "Layout":
        """With these columns; a width goes with its column."""
        kept = {name: width for name, width in self.widths.items() if name in columns}
        return replace(self, columns=columns, widths=kept)

    def moved(self, column: str, by: int) -> "Layout":
        """With a column so many places further right; it stays at the end where there are none."""
        rest = [name for name in self.columns if name != column]
        place = max(0, min(len(rest), self.columns.index(column) + by))
        return replace(self, columns=(*rest[:place], column, *rest[place:]))

    def sized(self, column: str, width: int | None) -> "Layout":
        """With a column so wide; None lets it have the width that suits it."""
        others = {name: pixels for name, pixels in self.widths.items() if name != column}
        return replace(self, widths=others if width is None else {**others, column: width})

    def pairs(self) -> list[tuple[str, str]]:
        """The pairs that `read` reads back as an equal layout; what is the default is not written."""
        widths = [f"{name}:{self.widths[name]}" for name in self.columns if name in self.widths]
        given = {
            "columns": ",".join(self.columns) if self.columns != USUAL else "",
            "widths": ",".join(widths),
            "density": self.density.value if self.density is not Density.NORMAL else "",
        }
        return [(name, text) for name, text in given.items() if text]


def read(given: Mapping[str, str]) -> Layout:
    """Reads a link's part; raises UsageError for what no table can be."""
    columns, widths, density = (given.get(name) for name in NAMES)
    if density is not None and density not in set(Density):
        raise UsageError(f"density: {density[:64]!r} is unknown", f"Write one of {', '.join(Density)}.")
    return Layout(
        columns=USUAL if columns is None else tuple(columns.split(",")),
        widths={} if widths is None else dict(_width(piece) for piece in widths.split(",")),
        density=Density.NORMAL if density is None else Density(density),
    )


def _width(piece: str) -> tuple[str, int]:
    name, _, pixels = piece.partition(":")
    if not (pixels.isascii() and pixels.isdigit() and len(pixels) < 6):
        raise UsageError(f"widths: {piece[:64]!r} is no width", "Write a column and its pixels: description:320.")
    return name, int(pixels)
