"""One input: packed or not, from a file or a pipe, and told by its content."""

import gzip
import io

import pytest

from dashboard.errors import UsageError
from dashboard.ingest.sources import Source, check_readable

HEADER = "Actor,Category,Action,Description,IP Address,Region,Timestamp\n"
LINES = "".join(f"user {n},Auth,Logged In,{n * n * 7919},,,2026-11-23T08:11:57Z\n" for n in range(20_000))
JSON_LINE = '{"occurred_at":"2026-11-23T08:11:57Z","category":"A","action":"B","actor":"%d"}\n'


def test_gzip_is_told_by_its_content(load):
    packed = gzip.compress((HEADER + LINES).encode())
    assert load(packed).report["accepted"] == 20_000
    assert load(gzip.compress(b"\xef\xbb\xbf" + HEADER.encode()) + gzip.compress(LINES.encode())).report == {
        "read": 20_000, "accepted": 0, "duplicates": 20_000, "rejected": 0, "rejects": [],
    }  # fmt: skip


@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_a_gzip_file_that_breaks_off_gives_what_it_has(load, cut):
    packed = gzip.compress((HEADER + LINES).encode())
    found = load(packed[: int(len(packed) * cut)])
    assert 0 < len(found.events) < 20_000
    assert found.rejects == [(len(found.events) + 2, "line")]
    assert "gzip" in found.reasons[0]
    assert found.events[-1].description == str((len(found.events) - 1) ** 2 * 7919)


def test_a_damaged_gzip_file_is_told(load):
    packed = bytearray(gzip.compress((HEADER + LINES).encode()))
    packed[-6] ^= 1
    found = load(bytes(packed))
    assert (len(found.events), found.report["rejected"]) == (20_000, 1)
    assert load(b"\x1f\x8b damaged").rejects == [(1, "file")]


def test_of_a_json_array_that_breaks_off_in_its_gzip_file_nothing_is_taken(load):
    text = "[" + ",".join(JSON_LINE % n for n in range(20_000)) + "]"
    packed = gzip.compress(text.encode())
    found = load(packed[: len(packed) // 2])
    assert (found.events, found.report["rejected"]) == ([], 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ((HEADER + LINES).encode("utf-16"), "UTF-16"),
        (HEADER.encode("utf-16-le"), "UTF-16"),
        (HEADER.encode("utf-16-be"), "UTF-16"),
        (HEADER.encode("utf-32"), "UTF-32"),
        (b"PK\x03\x04rest", "workbook"),
        (b"PAR1rest", "Parquet"),
        (b"\x28\xb5\x2f\xfdrest", "zstd"),
        (gzip.compress(b"PK\x03\x04rest", mtime=0), "workbook"),
        (HEADER.replace("Actor", "Açtor").encode("latin-1"), "UTF-8"),
    ],
)
def test_other_kinds_of_file_are_named(load, content, says):
    found = load(content)
    assert found.rejects == [(1, "file")]
    assert says in found.reasons[0]


@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe_can_be_read_twice_when_it_has_to_be(packed):
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    content = b"x" * 200_000 + b"end"
    source = Source("-", io.BufferedReader(Pipe(gzip.compress(content) if packed else content)))
    assert source.open()[:1] == b"x"
    source.rewindable()
    for _ in range(2):
        source.rewind()
        assert b"".join(iter(lambda: source.read(1 << 16), b"")) == content
    source.close()


def test_bytes_are_counted_as_they_lie_on_the_disk(tmp_path):
    packed = gzip.compress((HEADER + LINES).encode())
    taken = []
    source = Source("x", io.BytesIO(packed), taken.append)
    source.open()
    while source.read(1 << 16):
        pass
    assert sum(taken) == len(packed)


def test_what_can_not_be_read_is_told_before_anything_is_stored(tmp_path):
    with pytest.raises(UsageError, match="folder"):
        check_readable([str(tmp_path)])
    with pytest.raises(UsageError, match="can't be read"):
        check_readable([str(tmp_path / "missing")])
    with pytest.raises(UsageError, match="only once"):
        check_readable(["-", "-"])
