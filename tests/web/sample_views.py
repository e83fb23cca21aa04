"""Saved views in memory, by the rules of the database's functions."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from dashboard.errors import UsageError
from dashboard.record.saved_views import Choice, Draft, SavedView


@dataclass
class SampleViews:
    kept: dict[int, tuple[bytes, str | None, Draft]] = field(default_factory=dict)
    stars: set[tuple[int, bytes]] = field(default_factory=set)
    choices: dict[bytes, tuple[int | None, str | None]] = field(default_factory=dict)
    asked: int = 0  # how often somebody looked
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def seen_by(self, owner: bytes | None) -> tuple[SavedView, ...]:
        self.asked += 1
        found = [
            SavedView(
                number=number, mine=whose == owner, owner_name=by, shared=draft.shared, name=draft.name,
                description=draft.description, link=draft.link, starred=(number, owner) in self.stars,
                changed_at=datetime(2026, 11, 23, tzinfo=UTC),
            )
            for number, (whose, by, draft) in self.kept.items()
            if draft.shared or whose == owner
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda view: (not view.starred, (view.name or "").lower(), view.number)))

    def choice(self, owner: bytes) -> Choice:
        number, zone = self.choices.get(owner, (None, None))
        return Choice(view=number, link=self.kept[number][2].link if number in self.kept else None, zone=zone)

    def keep(self, draft: Draft, owner: bytes, by: str | None, number: int | None = None) -> int:
        if number is not None:
            whose, name, before = self.kept.get(number, (b"", None, draft))
            if whose != owner and not (before.shared and draft.shared):
                raise UsageError("The database refuses: there is no such view of yours.")
            owner, by = whose, name
        kept = next(self._numbers) if number is None else number
        self.kept[kept] = (owner, by, draft)
        return kept

    def delete(self, number: int, owner: bytes, by: str | None) -> None:
        if number in self.kept and (self.kept[number][0] == owner or self.kept[number][2].shared):
            del self.kept[number]

    def star(self, number: int, owner: bytes, *, starred: bool) -> None:
        (self.stars.add if starred else self.stars.discard)((number, owner))

    def open_with(self, number: int | None, owner: bytes) -> None:
        self.choices[owner] = (number, self.choices.get(owner, (None, None))[1])

    def see_times_in(self, zone: str, owner: bytes) -> None:
        self.choices[owner] = (self.choices.get(owner, (None, None))[0], zone)
