"""The heads that evidence leads to: the newest signed one, older ones that it continues, copies, changes of the key."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dashboard.errors import DamagedError, UsageError
from dashboard.export.evidence import prove
from dashboard.keeping.log import Log
from dashboard.ledger.cosignature import Cosigner, cosign
from dashboard.ledger.note import parts_of
from dashboard.ledger.signing import rotate
from tests.export.evidence_fixtures import append, checked, consistent, key_of, opened, packed, zip_of
from tests.ledger.test_signing import force, newest

Admin = "psycopg.Connection[tuple[object, ...]]"


def test_a_head_that_is_signed_by_nobody_we_trust_is_not_handed_out(log: Log, admin: Admin) -> None:
    append(log, 0, 5)
    force(admin, "update checkpoint set note = replace(note, E'\\n5\\n', E'\\n4\\n')")
    with pytest.raises(DamagedError, match="is not good"):
        zip_of(log)


def test_an_older_checkpoint_is_continued_or_told_apart(log: Log, admin: Admin, tmp_path: Path) -> None:
    append(log, 0, 70)
    kept = newest(log)
    append(log, 70, 90)
    between = newest(log)
    append(log, 90, 300)
    key = key_of(log)
    content = zip_of(log, as_of=20, older=[kept])
    assert "anchors/70.consistency" in opened(content)
    report = checked(tmp_path, content, key, kept)
    assert report.exit == 0
    assert "The tree continues the one of 70 events that you kept." in report.proven
    unsettled = checked(tmp_path, content, key, between)
    assert (unsettled.exit, unsettled.open) == (3, True)
    assert checked(tmp_path, prove(log, "seq:1"), key, kept).exit == 3
    assert checked(tmp_path, prove(log, "seq:1"), key, newest(log)).exit == 0
    assert checked(tmp_path, newest(log), key, newest(log)).exit == 0
    text = parts_of(kept)[0].split("\n")
    fork = f"{text[0]}\n300\n{text[2]}\n"
    signer = log.sealer_folder().signer()
    forked = checked(tmp_path, content, key, f"{fork}\n{signer.line(fork)}")
    assert forked.exit == 4
    assert "two histories were signed" in forked.problems[0]
    wrong = f"{text[0]}\n70\n{base64.b64encode(bytes(32)).decode()}\n"
    with pytest.raises(DamagedError, match="history was rewritten"):
        zip_of(log, older=[f"{wrong}\n{signer.line(wrong)}"])
    other = wrong.replace(text[0], "auditlens/other")
    with pytest.raises(UsageError, match="of another log"):
        zip_of(log, older=[f"{other}\n{signer.line(other)}"])
    with pytest.raises(UsageError, match="is none"):
        zip_of(log, older=["no checkpoint"])


def test_copies_outside_come_along_with_their_receipts_and_cosignatures(log: Log, admin: Admin, tmp_path: Path) -> None:
    append(log, 0, 70)
    admin.execute(
        b"insert into anchor (sink, tree_size, root, receipt) "
        b"select 'file:/mnt/worm', tree_size, root, '{\"path\": \"x\"}' from checkpoint"
    )
    append(log, 70, 90)
    witness = Ed25519PrivateKey.generate()
    line = cosign(parts_of(newest(log))[0], "witness.example", witness, 1_780_000_000)
    cosigner = Cosigner.of("witness.example", witness.public_key().public_bytes_raw()).vkey
    receipt = json.dumps({"witness": cosigner, "cosignatures": [line]})
    admin.execute(
        "insert into anchor (sink, tree_size, root, receipt) "
        "select 'witness', tree_size, root, %s from checkpoint where tree_size = 90",
        (receipt,),
    )
    admin.execute(
        "insert into anchor (sink, tree_size, root, error) select 'mail', tree_size, root, 'away' from checkpoint"
    )
    content = zip_of(log)
    files = opened(content)
    assert {name for name in files if name.startswith("anchors/")} == {
        f"anchors/{name}"
        for name in (
            "70.checkpoint",
            "70.consistency",
            "70-0.receipt.json",
            "90.checkpoint",
            "90.consistency",
            "90-0.receipt.json",
        )
    }
    assert json.loads(files["anchors/70-0.receipt.json"])["receipt"] == {"path": "x"}
    report = checked(tmp_path, content, f"{key_of(log)}\n{cosigner}")
    assert report.exit == 0
    assert "Witness witness.example cosigned that tree at 2026-05-28 20:26:40 UTC." in report.proven
    assert any("continues the one of 70 events, whose signed head is in anchors/" in text for text in report.proven)
    assert any("2 receipts in anchors/" in text for text in report.not_proven)
    changed = {**files, "anchors/70.checkpoint": files["anchors/90.checkpoint"]}
    assert checked(tmp_path, packed(consistent(changed)), key_of(log)).exit == 4


def test_evidence_of_before_and_after_a_change_of_the_key(log: Log, tmp_path: Path) -> None:
    append(log, 0, 5)
    old = key_of(log)
    before = zip_of(log)
    with log.sealing() as record:
        rotate(record, log.sealer_folder())
    append(log, 5, 7)
    both = log.sealer_folder().trusted().text
    assert f"{old} until=5" in both
    assert checked(tmp_path, before, both).exit == 0
    assert checked(tmp_path, zip_of(log), both).exit == 0
    assert checked(tmp_path, zip_of(log), old).exit == 4
