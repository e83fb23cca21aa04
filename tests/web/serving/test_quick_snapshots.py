"""A copy of where a fragment is written is the same as Streamlit's own, and moves by itself."""

import copy
from collections.abc import Iterator

import pytest
from streamlit.cursor import Cursor, RunningCursor, SparseList
from streamlit.delta_generator import DeltaGenerator

from dashboard.web.serving import quick_snapshots

Stack = tuple[DeltaGenerator, ...]


@pytest.fixture
def streamlits_own() -> Iterator[None]:
    """Without what is installed, whichever test ran before; it is put back as it was."""
    with pytest.MonkeyPatch.context() as patch:
        own = DeltaGenerator.__deepcopy__
        patch.setattr(DeltaGenerator, "__deepcopy__", getattr(own, "__wrapped__", own))
        patch.setattr(Cursor, "__deepcopy__", None, raising=False)
        patch.delattr(Cursor, "__deepcopy__")
        yield


def stack() -> Stack:
    """Containers in each other, as a page nests them; one has an element that only passes."""
    cursor = RunningCursor(root_container=0)
    made = [DeltaGenerator(root_container=0, cursor=cursor)]
    for _ in range(4):
        cursor = cursor.open_block()
        cursor.lock_element()
        made.append(DeltaGenerator(root_container=0, cursor=cursor, parent=made[-1], block_type="vertical"))
    passing: SparseList[object] = SparseList()
    passing[0] = "passing"
    cursor._transient_elements = passing  # type: ignore[assignment]  # any will do
    return tuple(made)


def told(containers: Stack) -> list[tuple[object, ...]]:
    return [
        (one._cursor.delta_path, list(one._cursor.transient_elements), one._block_type, type(one._cursor))  # type: ignore[union-attr]
        for container in containers
        for one in container._ancestors
    ]


@pytest.mark.usefixtures("streamlits_own")
def test_it_is_the_same_as_streamlits_own() -> None:
    containers = stack()
    own = copy.deepcopy(containers)
    quick_snapshots.install()
    quick = copy.deepcopy(containers)
    assert told(quick) == told(own) == told(containers)
    assert all(one is not other for one, other in zip(quick, containers, strict=True))


@pytest.mark.usefixtures("streamlits_own")
def test_a_container_is_copied_once() -> None:
    containers = stack()
    assert copy.deepcopy(containers)[2]._parent is not None
    quick_snapshots.install()
    quick = copy.deepcopy(containers)
    assert [one._parent for one in quick] == [None, *quick[:-1]]


@pytest.mark.usefixtures("streamlits_own")
def test_a_copy_moves_by_itself() -> None:
    quick_snapshots.install()
    containers = stack()
    before = told(containers)
    quick = copy.deepcopy(containers)
    again = copy.deepcopy(containers)
    for one in quick:
        assert one._cursor is not None
        one._cursor.transient_elements[1] = "another"  # type: ignore[assignment]
        one._cursor.lock_element()
    assert told(containers) == told(again) == before
    assert told(quick) != before
