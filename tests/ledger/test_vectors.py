"""Known answers that Go's sumdb packages gave (tests/vectors): trees, proofs, tiles, a signed checkpoint."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from dashboard.ledger.keys import Trusted, parse_private
from dashboard.ledger.note import Checkpoint, Verifier, sign
from dashboard.ledger.tlog import Frontier, Tiles, check_consistency, check_inclusion, leaf_hash
from tests.go import built

FOLDER = Path(__file__).parents[1] / "vectors"
VECTORS: dict[str, Any] = json.loads((FOLDER / "tlog.json").read_text("utf-8"))
LEAVES = [leaf_hash(str(n).encode()) for n in range(300)]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


def tree(leaves: list[bytes]) -> tuple[Frontier, Tiles]:
    frontier = Frontier()
    full = {(tile.level, tile.number): tile.hashes for tile in frontier.append(b"".join(leaves))}
    return frontier, Tiles(lambda level, number, width: full.get((level, number)) or frontier.edge(level), len(leaves))


def hashes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def test_roots() -> None:
    _, tiles = tree(LEAVES)
    assert [tree(LEAVES[:size])[0].root() for size in range(301)] == ROOTS
    assert [tiles.root(size) for size in range(301)] == ROOTS


def test_roots_of_the_tree_that_rfc_6962_is_tried_on() -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in VECTORS["reference_inputs"]]
    assert [tree(leaves[:size])[0].root().hex() for size in range(9)] == VECTORS["reference_roots"]
    assert VECTORS["reference_roots"][8].startswith("5dc9da79a70659a9")


def test_inclusion_proofs() -> None:
    _, tiles = tree(LEAVES)
    assert len(VECTORS["inclusion"]) > 70
    for known in VECTORS["inclusion"]:
        size, index, proof = known["size"], known["index"], hashes(known["proof"])
        assert tiles.prove_inclusion(index, size) == proof
        assert check_inclusion(index, size, LEAVES[index], proof, ROOTS[size])


def test_consistency_proofs() -> None:
    _, tiles = tree(LEAVES)
    assert len(VECTORS["consistency"]) > 70
    for known in VECTORS["consistency"]:
        size, old, proof = known["size"], known["old_size"], hashes(known["proof"])
        assert tiles.prove_consistency(old, size) == proof
        assert check_consistency(old, size, proof, ROOTS[old], ROOTS[size])


def test_tiles() -> None:
    frontier = Frontier()
    full = {(tile.level, tile.number): tile.hashes for tile in frontier.append(b"".join(LEAVES))}
    for known in VECTORS["tiles"]:
        stored = full.get((known["level"], known["number"])) or frontier.edge(known["level"])
        assert (len(stored), hashlib.sha256(stored).hexdigest()) == (32 * known["width"], known["sha256"])


def test_a_signed_checkpoint() -> None:
    known = VECTORS["checkpoint"]
    signer = parse_private(known["skey"])
    checkpoint = Checkpoint("auditlens/vectors", 300, ROOTS[300])
    assert signer.verifier.vkey == Verifier.parse(known["vkey"]).vkey == known["vkey"]
    assert checkpoint.text == known["text"]
    assert sign(checkpoint.text, [signer]) == known["note"]
    assert Trusted.parse(known["vkey"]).open_checkpoint(known["note"]) == checkpoint


def test_the_vectors_are_what_go_says(tmp_path: Path) -> None:
    made = subprocess.run([built(FOLDER / "go", tmp_path)], capture_output=True, text=True, check=True).stdout
    assert made == (FOLDER / "tlog.json").read_text("utf-8")
