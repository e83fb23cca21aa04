"""The command as a whole: how every kind of failure ends it."""

from typing import NoReturn

import pytest

from dashboard import cli
from dashboard.cli import run
from dashboard.errors import Exit


@pytest.mark.parametrize(
    ("wrong", "said"),
    [(OSError(28, "No space left on device", "/x/y"), "No space left on device (/x/y)."), (OSError("gone"), "gone.")],
)
def test_a_failure_of_the_system_is_one_line_and_exit_5(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: OSError, said: str
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise wrong

    monkeypatch.setattr(run, "open_log", fail)
    assert cli.main(["status", "--json"]) == Exit.UNREACHABLE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip() == said
