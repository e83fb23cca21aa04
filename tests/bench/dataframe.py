"""The questions as people write them first: the columns by `pandas.read_sql`, and the rest on a dataframe."""

import resource
from collections.abc import Callable, Mapping

import pandas as pd
import polars as pl
import sqlalchemy as sa

from dashboard.events.adornment import Width
from dashboard.events.filter import FIELD_COLUMNS, SEARCH_COLUMNS, EventFilter
from dashboard.query.schemas import SCHEMAS
from tests.bench.postgres import TABLE
from tests.bench.questions import FACETS, PAGE, TOP, Answer, Kind, Question, counted

_PERIODS = {Width.WEEK: "W-SUN", Width.MONTH: "M", Width.YEAR: "Y"}


class Dataframe:
    """Reads what a question needs out of the plain table, each time anew, as a page without a cache does."""

    def __init__(self, url: str, most_bytes: int) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))  # it may not take the machine with it
        self._engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))

    def ways(self, question: Question) -> Mapping[str, Callable[[], Answer]]:
        """The one way."""
        asks: Mapping[Kind, Callable[[Question], Answer]] = {
            Kind.OVER_TIME: self._over_time,
            Kind.FAILED_LOGINS: self._failed_logins,
            Kind.SEARCH: self._search,
            Kind.PAGE: self._page,
            Kind.FACETS: self._facets,
        }
        return {"pandas": lambda: asks[question.kind](question)}

    def _read(self, columns: str, wanted: EventFilter) -> pd.DataFrame:
        """Columns of the wanted events, as pandas makes them of rows; only times and categories are left to SQL."""
        where = [name for name, given in _CONDITIONS.items() if getattr(wanted, given)]
        statement = sa.text(f"select {columns} from {TABLE} where {' and '.join(where) or 'true'}")
        values = {"since": wanted.since, "until": wanted.until, "category": list(wanted.category)}
        bound = {name: values[name] for name in values if f":{name}" in statement.text}
        return pd.read_sql(statement, self._engine, params=bound)

    def _over_time(self, question: Question) -> Answer:
        rows = self._read("occurred_at, category", question.wanted)
        times = pd.to_datetime(rows["occurred_at"], utc=True).dt.tz_localize(None)
        width = question.width
        rows["bucket"] = (
            times.dt.to_period(_PERIODS[width]).dt.start_time if width in _PERIODS else times.dt.floor(_offset(width))
        )
        found = rows.groupby(["bucket", "category"]).size().reset_index(name="events")
        frame = pl.from_pandas(found).select(
            pl.col("bucket").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), "category", "events"
        )
        return [_declared(frame, "actions_over_time").sort("bucket", "category")]

    def _failed_logins(self, question: Question) -> Answer:
        rows = self._read("region, category, action", question.wanted)
        failed = rows[(rows["category"] == "Auth") & (rows["action"] == "Login Failed")]
        return [_declared(_frequent(failed["region"], "region"), "failed_logins_by_region")]

    def _search(self, question: Question) -> Answer:
        rows = self._read(", ".join(SCHEMAS["log_page"]) + ", target", question.wanted)
        (word,) = question.wanted.search
        hits = pd.Series(data=False, index=rows.index)
        for name in SEARCH_COLUMNS:
            hits |= rows[name].str.contains(word, case=False, regex=False, na=False)
        return [counted(int(hits.sum())), _shown(rows[hits], question)]

    def _page(self, question: Question) -> Answer:
        return [_shown(self._read(", ".join(SCHEMAS["log_page"]), question.wanted), question)]

    def _facets(self, question: Question) -> Answer:
        parts = []
        for field in FACETS:
            column = FIELD_COLUMNS[field]
            found = _frequent(self._read(column, question.wanted.without(field))[column], "value")
            different = found["value"].drop_nulls().len()
            top = found.head(TOP).select(field=pl.lit(field), value="value", events="events", distinct_values=different)
            parts.append(_declared(top, "facets"))
        return [pl.concat(parts)]


_CONDITIONS = {
    "occurred_at >= :since": "since",
    "occurred_at < :until": "until",
    "category = any(:category)": "category",
}


def _offset(width: Width) -> str:
    return width.value.replace("m", "min").replace("d", "D")


def _frequent(values: "pd.Series[str]", name: str) -> pl.DataFrame:
    found = values.value_counts(dropna=False)
    texts = [None if pd.isna(value) else value for value in found.index]
    frame = pl.DataFrame([texts, found.to_list()], schema={name: pl.String, "events": pl.Int64})
    return frame.sort("events", name, descending=[True, False], nulls_last=True)


def _shown(rows: pd.DataFrame, question: Question) -> pl.DataFrame:
    names, down = zip(*question.sort.keys, strict=True)
    ordered = rows.sort_values(list(names), ascending=[not descends for descends in down], na_position="last")
    page = ordered.iloc[question.offset : question.offset + PAGE][list(SCHEMAS["log_page"])]
    return _declared(pl.from_pandas(page.reset_index(drop=True)), "log_page")


def _declared(frame: pl.DataFrame, view: str) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in SCHEMAS[view].items())
