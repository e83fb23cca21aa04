from itertools import combinations

import pytest

from dashboard.web.charts import palette

LIGHT, DARK = "#fdfdfb", "#10171a"


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("hue", [*palette.HUES, palette.FAILURE, palette.QUIET])
def test_each_colour_is_seen_on_light_and_on_dark(hue: str) -> None:
    assert contrast(hue, LIGHT) >= 2.5
    assert contrast(hue, DARK) >= 3.0


@pytest.mark.parametrize("colour", [palette.FAILURE, palette.QUIET])
def test_colours_of_texts_are_read_on_light_and_on_dark(colour: str) -> None:
    assert min(contrast(colour, LIGHT), contrast(colour, DARK)) >= 3.9


def test_no_category_is_as_red_as_a_failure() -> None:
    for hue in palette.HUES:
        red, green, blue = (int(hue[place : place + 2], 16) for place in (1, 3, 5))
        assert not (red > 180 and green < 100 and blue < 110)


def test_a_category_keeps_its_colour_whatever_stands_beside_it() -> None:
    assert (
        palette.hues(["Auth", "Backup"])["Auth"]
        == palette.hues(["Auth", "User", "Zebra"])["Auth"]
        == palette.hue("Auth")
    )


def test_eight_categories_have_eight_colours() -> None:
    found = palette.hues([f"category {n}" for n in range(8)])
    assert all(one != other for one, other in combinations(found.values(), 2))
