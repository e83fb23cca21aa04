"""The files of a zip and Go's golang.org/x/mod agree, without a line of our code between them."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from dashboard.export.evidence import pack
from dashboard.keeping.log import Log
from tests.export.evidence_fixtures import append, key_of, opened, zip_of
from tests.go import built


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(Path(__file__).parent.parent / "ledger" / "go", tmp_path_factory.mktemp("go"))


def test_go_accepts_the_checkpoint_the_proofs_and_the_tiles(
    log: Log, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack, "MOST_PROOFS", 300)
    append(log, 0, 700)
    few, many = opened(zip_of(log, as_of=300)), opened(zip_of(log))
    note = few["checkpoint"].decode()
    _, size, root = note.split("\n")[:3]
    cases: list[dict[str, object]] = [{"kind": "note", "vkey": key_of(log), "note": note}]
    for name, raw in few.items():
        if name.startswith("proofs/"):
            _, extra, index, *path = raw.decode().split("\n\n")[0].split("\n")
            line = base64.b64decode(extra.removeprefix("extra ")).decode().split(',"_":')[0] + "}"
            case = {"kind": "inclusion", "size": int(size), "root": root, "line": line, "proof": path}
            cases.append({**case, "index": int(index.removeprefix("index "))})
    tiles = {}
    for name, raw in many.items():
        if name.startswith("tile/"):
            _, level, number = name.removesuffix("".join(name.partition(".p/")[1:])).split("/")
            tiles[f"{level}/{int(number)}"] = base64.b64encode(raw).decode()
    rows = many["events.ndjson"].decode().split("\n")
    for index in range(0, 700, 31):
        line = rows[index].split(',"_":')[0] + "}"
        case = {"kind": "tiles", "size": int(size), "root": root, "old_size": 256, "tiles": tiles, "line": line}
        cases.append({**case, "index": index, "old_root": tile_root(tiles["1/0"])})
    asked = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([program], input=asked, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 1 + 300 + 23
    assert [answer for answer in answers if not answer.get("ok", answer.get("text"))] == []


def tile_root(encoded: str) -> str:
    """The root of the first 256 leaves: the first hash of the tile above theirs."""
    return base64.b64encode(base64.b64decode(encoded)[:32]).decode()
