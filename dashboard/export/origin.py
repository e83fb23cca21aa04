"""What a file is made of: which events of which state of which log, in which order."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from dashboard.events.filter import EventFilter
from dashboard.events.times import format_time
from dashboard.query.engine import Engine
from dashboard.query.sort import NEWEST_FIRST, Sort


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What was asked of which state of which log. The manifest says it, and a file that has room for it."""

    log_id: str
    as_of: int
    exported_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    wanted: EventFilter = field(default_factory=EventFilter)
    sort: Sort = NEWEST_FIRST

    @classmethod
    def of(cls, engine: Engine, log_id: str, wanted: EventFilter, sort: Sort = NEWEST_FIRST) -> "Origin":
        """The state and the moment are the engine's."""
        return cls(log_id=log_id, as_of=engine.as_of, exported_at=engine.now, wanted=wanted, sort=sort)

    def words(self) -> dict[str, str]:
        """The same as pairs of words."""
        return {
            "log_id": self.log_id,
            "as_of": str(self.as_of),
            "exported_at": format_time(self.exported_at),
            "time_zone": "UTC",
            "filter": self.wanted.sentence(self.exported_at),
            "sort": str(self.sort),
        }

    def params(self) -> list[tuple[str, str]]:
        """The filter as the pairs of a link, a relative time turned into the times it meant."""
        return list(self.wanted.at(self.exported_at).to_params())
