"""How the chart of time is drawn, as a link says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from dashboard.errors import UsageError
from dashboard.events.adornment import Width

NAMES = ("chart", "scale", "width", "period")


class Form(StrEnum):
    """What stands for a number."""

    STACKED = "stacked"
    LINES = "lines"
    SHARE = "share"


class Scale(StrEnum):
    """How heights grow."""

    LINEAR = "linear"
    LOG = "log"


class Compare(StrEnum):
    """What the numbers are seen beside."""

    PREVIOUS = "previous"


T = TypeVar("T", Form, Scale, Compare, Width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Raises UsageError for a picture that would say something wrong."""

    form: Form = Form.STACKED
    scale: Scale = Scale.LINEAR
    width: Width | None = None  # of a bucket; without it the range decides
    compare: Compare | None = None

    def __post_init__(self) -> None:
        if self.scale is Scale.LOG and self.form is not Form.LINES:
            raise UsageError(
                "scale: log goes with chart=lines only", "On it, the parts of a bar can't be compared: draw lines."
            )
        if self.compare and self.form is Form.SHARE:
            raise UsageError("period: can't be joined with chart=share", "Compare numbers: draw bars or lines.")

    def in_form(self, form: Form) -> "Look":
        """Drawn so, less what this form can't show."""
        return Look(
            form=form,
            scale=self.scale if form is Form.LINES else Scale.LINEAR,
            width=self.width,
            compare=None if form is Form.SHARE else self.compare,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """The pairs that `read` reads back as an equal look; what is the default is not written."""
        given = dict(zip(NAMES, (self.form, self.scale, self.width, self.compare), strict=True))
        return [(name, value.value) for name, value in given.items() if value and value not in _DEFAULTS]


_DEFAULTS = (Form.STACKED, Scale.LINEAR)


def read(given: Mapping[str, str]) -> Look:
    """Reads a link's part; raises UsageError for what no chart can be."""
    return Look(
        form=_one_of(Form, "chart", given) or Form.STACKED,
        scale=_one_of(Scale, "scale", given) or Scale.LINEAR,
        width=_one_of(Width, "width", given),
        compare=_one_of(Compare, "period", given),
    )


def _one_of(kind: type[T], name: str, given: Mapping[str, str]) -> T | None:
    text = given.get(name)
    if text is None:
        return None
    if text not in set(kind):
        raise UsageError(f"{name}: {text[:64]!r} is unknown", f"Write one of {', '.join(kind)}.")
    return kind(text)
