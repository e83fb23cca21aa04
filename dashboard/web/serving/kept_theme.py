"""The theme that Streamlit tells a browser with every run, worked out once.

A run begins with the whole theme, which is read option by option out of the configuration: 8 ms, with each of a page's
timers too. Ours does not change while the server runs.
"""

import functools
from typing import Any

from streamlit.runtime import app_session


def install() -> None:
    """Makes every run after the first begin with the theme that the first one worked out."""
    if not hasattr(app_session._populate_theme_msg, "__wrapped__"):
        app_session._populate_theme_msg = _once(app_session._populate_theme_msg)


def _once(populate: Any) -> Any:
    told: dict[str, Any] = {}

    @functools.wraps(populate)
    def wrapped(message: Any, section: str = "theme") -> None:
        if section not in told:
            told[section] = type(message)()
            populate(told[section], section)
        if told[section].ByteSize():  # merging nothing would say that there is a section
            message.MergeFrom(told[section])

    return wrapped
