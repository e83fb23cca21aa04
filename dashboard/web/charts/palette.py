"""Colours that mean the same everywhere: one for each category, red for failure and for nothing else."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b

FAILURE = "#D64550"
ACCENT = "#178A80"  # the theme's teal, which reads on the light and on the dark background
QUIET = "#727C8A"  # what is left over, or has no name; as text, as far from the light background as from the dark
BESIDE = 0.6  # opacity of the bars beside the one that is meant: paler than it on either background

# Eight hues apart in lightness as well as in hue, so that they are told apart with each kind of colour blindness; none
# is red. Each has a contrast of at least 2.6 to 1 with the light and the dark background.
HUES = ("#3D6FD9", "#0F9D8A", "#E08A1E", "#8B5CD6", "#4FA3E0", "#A8842C", "#C2569B", "#6B8E3D")

_KNOWN = {
    "Auth": 0,
    "Repo": 1,
    "Repository": 1,
    "Repositories": 1,
    "Backup": 2,
    "Backups": 2,
    "Restore": 3,
    "User": 4,
    "Users": 4,
    "Storage": 5,
    "Role": 6,
    "Policy": 7,
}


def hue(category: str) -> str:
    """The category's colour: the same in each view, each session and each log."""
    known = _KNOWN.get(category)
    place = int.from_bytes(blake2b(category.encode(), digest_size=4).digest(), "big") if known is None else known
    return HUES[place % len(HUES)]


def hues(categories: Iterable[str], held: Mapping[str, str] | None = None) -> dict[str, str]:
    """A colour for each; where two would share one, the later takes the next that is free, so a chart has no twins.

    Those of `held` keep the colour that they have there.
    """
    named = set(categories)
    found = {category: colour for category, colour in (held or {}).items() if category in named}
    for category in sorted(named - found.keys(), key=lambda name: (name not in _KNOWN, name)):
        wanted = HUES.index(hue(category))
        turns = (HUES[(wanted + step) % len(HUES)] for step in range(len(HUES)))
        found[category] = next((free for free in turns if free not in found.values()), HUES[wanted])
    return found
