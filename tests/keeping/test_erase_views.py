"""Erasing a person from saved views: what names them is emptied, in filters and in old row versions too."""

from contextlib import closing

import pytest

from dashboard.events.filter import EventFilter
from dashboard.keeping.erase import erase
from dashboard.keeping.log import Log
from dashboard.keeping.targets import find
from dashboard.query import views
from dashboard.query.opening import Questions
from dashboard.record.saved_views import Draft, SavedViews
from tests.keeping.files_of_home import soon_without
from tests.keeping.test_erase import ADDRESS, WHO, fill, story

pytestmark = pytest.mark.long

SAVED = (
    Draft(name="Quixote", description="", link="actor=z%C3%BClal.quixote&last=7d", shared=False),
    Draft(name=f"What {WHO} did", description="", link="", shared=True),
    Draft(name="Address", description=f"see {ADDRESS}", link="", shared=False),
    Draft(name="Search", description="", link="search=Z%C3%9CLAL.QUIXOTE+", shared=False),
    Draft(name="Another", description="zülal.quixot", link="actor=z%C3%BClal.quixotes", shared=False),
)


def test_saved_views_that_name_the_person_are_emptied_and_so_are_their_old_versions(
    home_log: Log,
) -> None:
    fill(home_log, story(), 17)
    with closing(home_log.reader()) as reader:
        kept = SavedViews(reader, home_log.urls.of("writer"))
        numbers = [kept.keep(draft, b"o" * 32, None) for draft in SAVED]
        gone = kept.keep(SAVED[0], b"o" * 32, None)
        kept.delete(gone, b"o" * 32, None)
        targets = find(home_log, [WHO, ADDRESS])
        assert targets.views == tuple(numbers[:4])
        done = erase(home_log, targets, "ticket 4711")
        assert (done.erasure_no, done.views) == (1, 4)
        left = {view.number: view for view in kept.seen_by(b"o" * 32)}
        assert [left[number].name for number in numbers] == [None, None, None, None, "Another"]
        assert all(left[number].link is None and left[number].description is None for number in numbers[:4])
    assert soon_without(home_log, WHO, "z%C3%BClal.quixote&", "Z%C3%9CLAL.QUIXOTE", ADDRESS) == set()
    assert find(home_log, [WHO, ADDRESS]).is_empty


def test_a_person_who_is_in_a_saved_view_only_is_erased_with_an_event_and_once(log: Log) -> None:
    with closing(log.reader()) as reader:
        SavedViews(reader, log.urls.of("writer")).keep(SAVED[0], b"o" * 32, None)
    targets = find(log, [WHO])
    assert (targets.events, targets.is_empty) == (0, False)
    assert erase(log, targets, "asked").erasure_no == 1
    assert erase(log, targets, "asked").erasure_no is None
    with closing(Questions(log)) as questions:
        page = views.log_page(questions.engine(), EventFilter(category=("Integrity",)))
    assert sorted(page["action"].to_list()) == ["Data Erased", "Saved Views Erased"]
    assert WHO not in str(page.to_dicts())
