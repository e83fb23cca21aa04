"""The service over the log of the settings: opened once, closed with the server."""

from contextlib import ExitStack

from dashboard.config import Settings
from dashboard.events.regions import Regions, find_database
from dashboard.keeping.log import Log, open_log
from dashboard.query.engine import Engine
from dashboard.query.opening import Questions
from dashboard.web.service import RememberedStatus, Status


class LogService:
    """Holds one opened log and its engines, which sessions share."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held
        settings = Settings()
        self._log: Log = held.enter_context(open_log(settings))
        self._questions = Questions(self._log)
        held.callback(self._questions.close)
        self._status = RememberedStatus()
        with Regions.open(find_database(settings)) as regions:
            self.geo_problem = regions.problem

    @property
    def log_id(self) -> str:
        return self._log.log_id

    @property
    def demo(self) -> bool:
        return self._log.demo

    def engine(self, as_of: int | None = None) -> Engine:
        return self._questions.engine(as_of)

    def status(self) -> Status:
        return self._status.get(self._ask)

    def _ask(self) -> Status:
        waiting = self._questions.events.waiting()
        return Status(self._questions.engine().as_of, waiting.events, waiting.oldest_seconds)

    def close(self) -> None:
        self._held.close()
