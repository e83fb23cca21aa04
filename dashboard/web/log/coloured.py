"""A table of texts with colours, as Streamlit reads them: out of a pandas Styler, but without what makes one slow.

Streamlit asks a Styler for its cells' colours (`_translate`), and only for those. A Styler works them out cell by cell
with all that its HTML needs, 45 ms for a page of 100 rows; said directly they take 6.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import cache, partial

import pandas as pd
import polars as pl
from pandas.io.formats.style import Styler

Colour = Callable[[str, str], str | None]
"""The colour of a cell by its column's name and its text; None for the text's usual one."""


def coloured(written: pl.DataFrame, colour: Colour) -> Styler:
    """The frame of texts, each cell in its colour."""
    cells_of: dict[str, list[str]] = defaultdict(list)  # a cell is named `row3_col0`
    for place, column in enumerate(written.iter_columns()):
        colour_of = cache(partial(colour, column.name))  # most texts are repeated
        for row, value in enumerate(column.to_list()):
            if found := colour_of(value):
                cells_of[found].append(f"row{row}_col{place}")
    rules = [{"props": [("color", found)], "selectors": cells} for found, cells in cells_of.items()]
    styler = Styler(pd.DataFrame(written.to_dict(as_series=False)))
    styler._translate = lambda *_: {"cellstyle": rules, "body": []}  # of the object: Streamlit knows no other class
    return styler
