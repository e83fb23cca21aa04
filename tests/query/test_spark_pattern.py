"""No expression that could keep Java busy without end reaches a cluster."""

import re

import pytest

from dashboard.errors import UsageError
from dashboard.query.spark_pattern import java_pattern
from tests.query.test_engines import PATTERNS


@pytest.mark.parametrize(
    "text",
    [
        *PATTERNS, "foo.*bar", "^/repos/[^/]+/issues/[0-9]+$", "login|logged (in|out)", r"\d{1,3}\.\d{1,3}\.", "(ab)?c",
        "|".join(f"word{n}" for n in range(15)),
    ],
)  # fmt: skip
def test_what_people_search_for_is_taken(text: str) -> None:
    assert re.compile(java_pattern(text).replace(r"\z", r"\Z"))


@pytest.mark.parametrize(
    "text",
    [
        "(a|a)+$", "(a|b)*", "(ab){2,}", "(a|a){100}", ".*a.*b.*c", "a.*b.*", "^.*.*.*$", "a?" * 20 + "a" * 20,
        "^a|b.*c.*d", "(a|a)" * 20, ".{0,100}.{0,100}x", "(a|aa){3}",
    ],
)  # fmt: skip
def test_what_java_could_try_for_ever_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="without end"):
        java_pattern(text)


@pytest.mark.parametrize("text", [r"\(\|\|\|\|\|\|\|\)\+", r"[*+?|)({}]{2}", r"\{1,\}\{1,\}\{1,\}"])
def test_signs_that_stand_for_themselves_weigh_nothing(text: str) -> None:
    assert java_pattern(text)
