"""What readers keep of their own: views of the log, stars, what they open with.

Read by the reader's login; written by the writer's, through functions that make each act on a shared view an event.
"""

from dataclasses import dataclass
from datetime import datetime

from dashboard.errors import UsageError
from dashboard.events.folding import is_blank
from dashboard.record.connect import connect, driver_errors
from dashboard.record.read import RecordReader

LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_LINK = 256, 2_048, 8_192  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A view of the log that somebody kept. Name, description and link are None after an erasure emptied it."""

    number: int
    mine: bool
    owner_name: str | None  # as signed in
    shared: bool
    name: str | None
    description: str | None
    link: str | None  # the query of the log's page
    starred: bool  # by whoever asks
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A view as it is to be kept. Raises UsageError where it says too little or too much."""

    name: str
    description: str
    link: str
    shared: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.strip())
        object.__setattr__(self, "description", self.description.strip())
        if is_blank(self.name):
            raise UsageError("A view needs a name.", "Give it one that others understand too.")
        for what, value, longest in (
            ("name", self.name, LONGEST_NAME),
            ("description", self.description, LONGEST_DESCRIPTION),
            ("filter", self.link, LONGEST_LINK),
        ):
            if "\0" in value or len(value.encode("utf-8", "replace")) > longest:
                raise UsageError(f"The {what} of a view has at most {longest:,} bytes.", "Make it shorter.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a reader opens with."""

    view: int | None = None
    link: str | None = None  # of that view
    zone: str | None = None  # whose zone times are written in; None: nobody chose


class SavedViews:
    """The views of one log. A reader is known by 32 bytes; None is one who can't be told from another."""

    def __init__(self, reader: RecordReader, writer_url: str) -> None:
        self._reader, self._writer_url = reader, writer_url

    def seen_by(self, owner: bytes | None) -> tuple[SavedView, ...]:
        """His own and all that are shared: starred ones first, then by name. Two index look-ups."""
        return tuple(
            SavedView(
                number=number, mine=mine, owner_name=owner_name, shared=shared, name=name, description=description,
                link=link, starred=starred, changed_at=changed_at,
            )
            for number, mine, owner_name, shared, name, description, link, starred, changed_at in self._reader.rows(
                "record/saved_views", {"owner": owner}
            )
        )  # fmt: skip

    def choice(self, owner: bytes) -> Choice:
        """What he opens with. One index look-up."""
        rows = self._reader.rows("record/reader_choice", {"owner": owner})
        return Choice(view=rows[0][0], link=rows[0][1], zone=rows[0][2]) if rows else Choice()

    def keep(self, draft: Draft, owner: bytes, by: str | None, number: int | None = None) -> int:
        """Keeps a view, a new one without a number, and gives its number. Raises UsageError for a view that is gone or
        somebody else's.
        """
        values = (number, owner, by, draft.shared, draft.name, draft.description, draft.link)
        return int(str(self._write("select audit_keep_view(%s, %s, %s, %s, %s, %s, %s)", *values)))

    def delete(self, number: int, owner: bytes, by: str | None) -> None:
        """Deletes his own view or a shared one; another's private one stays."""
        self._write("select audit_delete_view(%s, %s, %s)", number, owner, by)

    def star(self, number: int, owner: bytes, *, starred: bool) -> None:
        self._write("select audit_star_view(%s, %s, %s)", number, owner, starred)

    def open_with(self, number: int | None, owner: bytes) -> None:
        """Keeps which view the log's page opens with; None for as it comes."""
        self._write("select audit_choose_view(%s, %s)", owner, number)

    def see_times_in(self, zone: str, owner: bytes) -> None:
        """Keeps whose zone times are written in: utc, own or organisation."""
        self._write("select audit_choose_zone(%s, %s)", owner, zone)

    def _write(self, statement: str, *values: object) -> object:
        if not self._writer_url:
            raise UsageError("This server can't keep views: it has no database login for the writer.",
                             "Set AUDITLENS_WRITER_URL.")  # fmt: skip
        with driver_errors(), connect(self._writer_url, "views") as connection:
            row = connection.execute(statement.encode(), values).fetchone()
        return None if row is None else row[0]
