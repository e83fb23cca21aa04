"""The questions by DuckDB over the same Parquet files. It knows several ways to each; the bench takes the quickest.

All count time in whole microseconds, never by time-zone functions, and search by a plain needle.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import duckdb
import polars as pl

from dashboard.events.adornment import Width
from dashboard.events.filter import FIELD_COLUMNS, SEARCH_COLUMNS, EventFilter
from dashboard.query.schemas import SCHEMAS
from tests.bench.questions import FACETS, PAGE, TOP, Answer, Kind, Question, counted

THREADS = 2
_FIXED_S = {Width.MINUTE: 60, Width.FIVE_MINUTES: 300, Width.HOUR: 3600, Width.SIX_HOURS: 21_600, Width.DAY: 86_400}
_CALENDAR = {Width.WEEK: "week", Width.MONTH: "month", Width.YEAR: "year"}
_NEWEST = "occurred_at desc, seq desc"

Ways = Mapping[str, Callable[[], Answer]]
Count = Callable[[Sequence[str], str], dict[str, pl.DataFrame]]


class DuckDB:
    """Answers from files. Between two questions nothing is kept but what DuckDB keeps itself."""

    def __init__(self, files: Sequence[str], threads: int = THREADS) -> None:
        self._connection = duckdb.connect()
        self._run(f"set threads = {threads}")
        self._run("set timezone = 'UTC'")
        self._run("set enable_progress_bar = false")
        self._run(f"create view events as select * from read_parquet({[str(file) for file in files]!r})")

    def ways(self, question: Question) -> Ways:
        """The ways to the answer, which is that of `questions.by_views`."""
        wanted, where = question.wanted, _where(question.wanted)
        match question.kind:
            case Kind.OVER_TIME:
                width = question.width
                direct: Ways = {"one grouping": lambda: [self._over_time(where, width)]}
                by_days = {"days, then weeks or months": lambda: [self._over_time_by_days(where, width)]}
                return direct if width in _FIXED_S else {**direct, **by_days}
            case Kind.FAILED_LOGINS:
                return {"one grouping": lambda: [self._failed_logins(where)]}
            case Kind.SEARCH:
                return {
                    "hits' keys, then rows": lambda: self._search_by_keys(where),
                    "two statements": lambda: [self._count(where), self._page(where, _NEWEST, 0)],
                }
            case Kind.PAGE:
                order = ", ".join(f"{name} {'desc' if down else 'asc'} nulls last" for name, down in question.sort.keys)
                return {
                    "keys, then rows": lambda: [self._page_by_keys(where, order, question.offset)],
                    "one statement": lambda: [self._page(where, order, question.offset)],
                }
            case Kind.FACETS:
                return {
                    "grouping sets": lambda: self._facets(wanted, self._by_sets),
                    "a statement each": lambda: self._facets(wanted, self._by_statements),
                    "from one materialised scan": lambda: self._facets(wanted, self._by_scan),
                }

    def _run(self, statement: str) -> None:
        self._connection.execute(statement).fetchall()

    def _frame(self, statement: str) -> pl.DataFrame:
        found = pl.from_arrow(self._connection.sql(statement).to_arrow_table())
        assert isinstance(found, pl.DataFrame)
        return found

    def _count(self, where: str, table: str = "events") -> pl.DataFrame:
        return counted(self._connection.execute(f"select count(*) from {table} where {where}").fetchall()[0][0])

    def _over_time(self, where: str, width: Width) -> pl.DataFrame:
        found = self._frame(f"""
            select {_bucket(width)} as bucket, category, count(*) as events
            from events where {where} group by all order by all""")
        return _utc(found, "bucket")

    def _over_time_by_days(self, where: str, width: Width) -> pl.DataFrame:
        found = self._frame(f"""
            with counted as (
                select {_bucket(Width.DAY)} as day, category, count(*) as events
                from events where {where} group by all
            )
            select date_trunc('{_CALENDAR[width]}', day) as bucket, category, sum(events)::bigint as events
            from counted group by all order by all""")
        return _utc(found, "bucket")

    def _failed_logins(self, where: str) -> pl.DataFrame:
        return self._frame(f"""
            select region, count(*) as events from events
            where category = 'Auth' and action = 'Login Failed' and {where}
            group by region order by events desc, region nulls last""")

    def _search_by_keys(self, where: str) -> Answer:
        self._run(f"create or replace temp table hits as select seq, occurred_at from events where {where}")
        return [self._count("true", "hits"), self._rows(f"select seq, occurred_at from hits order by {_NEWEST}", 0)]

    def _page(self, where: str, order: str, offset: int) -> pl.DataFrame:
        names = ", ".join(SCHEMAS["log_page"])
        statement = f"select {names} from events where {where} order by {order} limit {PAGE} offset {offset}"
        return _typed(self._frame(statement))

    def _page_by_keys(self, where: str, order: str, offset: int) -> pl.DataFrame:
        return self._rows(f"select seq, occurred_at from events where {where} order by {order}", offset)

    def _rows(self, ordered: str, offset: int) -> pl.DataFrame:
        keys: list[tuple[int, datetime]] = self._connection.execute(
            f"{ordered} limit {PAGE} offset {offset}"
        ).fetchall()
        if not keys:
            return pl.DataFrame(schema=dict(SCHEMAS["log_page"]))
        times = [moment for _, moment in keys]
        found = self._frame(f"""
            select {", ".join(SCHEMAS["log_page"])} from events
            where occurred_at between timestamptz '{min(times)}' and timestamptz '{max(times)}'
                and seq in ({", ".join(str(seq) for seq, _ in keys)})""")
        order = pl.DataFrame({"seq": [seq for seq, _ in keys]}, schema={"seq": pl.Int64})
        return order.join(_typed(found), on="seq", how="left", maintain_order="left").select(list(found.columns))

    def _facets(self, wanted: EventFilter, count: Count) -> Answer:
        """A field that the filter itself names is counted without its own part of it, so apart."""
        apart = [name for name in FACETS if getattr(wanted, name)]
        found = count([name for name in FACETS if name not in apart], _where(wanted))
        for name in apart:
            found |= self._by_statements([name], _where(wanted.without(name)))
        return [pl.concat([found[name] for name in FACETS])]

    def _by_sets(self, fields: Sequence[str], where: str) -> dict[str, pl.DataFrame]:
        columns = [FIELD_COLUMNS[name] for name in fields]
        found = self._frame(f"""
            with counted as (
                select grouping_id({", ".join(columns)}) as number, coalesce({", ".join(columns)}) as value,
                    count(*) as events
                from events where {where} group by grouping sets ({", ".join(f"({name})" for name in columns)})
            )
            select number, value, events, count(value) over (partition by number) as different
            from counted
            qualify row_number() over (partition by number order by events desc, value nulls last) <= {TOP}""")
        all_bits = (1 << len(fields)) - 1  # in a set's number every bit is set but that of its column
        numbers = {name: all_bits - (1 << (len(fields) - 1 - place)) for place, name in enumerate(fields)}
        return {name: _facet(name, found.filter(pl.col("number") == number)) for name, number in numbers.items()}

    def _by_statements(self, fields: Sequence[str], where: str) -> dict[str, pl.DataFrame]:
        return {name: _facet(name, self._frame(_top(name, f"events where {where}"))) for name in fields}

    def _by_scan(self, fields: Sequence[str], where: str) -> dict[str, pl.DataFrame]:
        columns = ", ".join(FIELD_COLUMNS[name] for name in fields)
        tops = " union all ".join(f"(select '{name}' as field, * from ({_top(name, 'chosen')}))" for name in fields)
        found = self._frame(f"with chosen as materialized (select {columns} from events where {where}) {tops}")
        return {name: _facet(name, found.filter(pl.col("field") == name)) for name in fields}


def _top(field: str, source: str) -> str:
    return f"""
        select {FIELD_COLUMNS[field]} as value, count(*) as events, count(value) over () as different
        from {source} group by 1 order by events desc, value nulls last limit {TOP}"""


def _facet(field: str, found: pl.DataFrame) -> pl.DataFrame:
    ordered = found.sort("events", "value", descending=[True, False], nulls_last=True)
    return ordered.select(pl.lit(field).alias("field"), "value", "events", distinct_values="different")


def _typed(found: pl.DataFrame) -> pl.DataFrame:
    return found.select(pl.col(name).cast(dtype) for name, dtype in SCHEMAS["log_page"].items())


def _utc(found: pl.DataFrame, name: str) -> pl.DataFrame:
    return found.with_columns(pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))


def _bucket(width: Width) -> str:
    """A bucket's start out of whole microseconds, as a timestamp without a zone."""
    if width in _CALENDAR:
        return f"date_trunc('{_CALENDAR[width]}', make_timestamp(epoch_us(occurred_at)))"
    step = _FIXED_S[width] * 1_000_000
    return f"make_timestamp(epoch_us(occurred_at) // {step} * {step})"


def _where(wanted: EventFilter) -> str:
    """The filter as DuckDB says it; benches ask for times, categories and one word."""
    parts = [f"occurred_at >= timestamptz '{wanted.since}'"] if wanted.since else []
    parts += [f"occurred_at < timestamptz '{wanted.until}'"] if wanted.until else []
    parts += [f"category = '{name}'" for name in wanted.category]
    for word in wanted.search:
        hits = " or ".join(f"contains(lower({name}), '{word.lower()}')" for name in SEARCH_COLUMNS)
        parts.append(f"({hits})")
    return " and ".join(parts) or "true"
