"""Cosignatures: what a witness says of a checkpoint, and what is not taken for it."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ledger.cosignature import Cosigner, cosign, with_cosignatures
from dashboard.ledger.note import BadNote, Verifier, open_note
from tests.ledger.growing import SIGNER, Tree

NAME = "witness.example/w1"
KEY = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
COSIGNER = Cosigner.of(NAME, PUBLIC)
SENDING = Tree(3).sending(3)
TEXT = SENDING.checkpoint.text
MOMENT = 1_679_315_147
LINE = cosign(TEXT, NAME, KEY, MOMENT).strip()


def test_a_cosignature_is_written_as_the_standard_says() -> None:
    """Computed here from the words of C2SP tlog-cosignature, not with the code under test."""
    raw = base64.b64decode(LINE.rpartition(" ")[2])
    assert raw[:4] == hashlib.sha256(NAME.encode() + b"\n\x04" + PUBLIC).digest()[:4]
    assert raw[4:12] == MOMENT.to_bytes(8, "big")
    KEY.public_key().verify(raw[12:], b"cosignature/v1\ntime 1679315147\n" + TEXT.encode())
    assert COSIGNER.signed_at(TEXT, LINE) == datetime(2023, 3, 20, 12, 25, 47, tzinfo=UTC)


def test_a_cosigners_key_is_read_as_it_is_written() -> None:
    assert Cosigner.parse(COSIGNER.vkey) == COSIGNER
    assert COSIGNER.vkey.startswith(f"{NAME}+{COSIGNER.key_id.hex()}+B")


@pytest.mark.parametrize(
    "vkey",
    [
        Verifier.of(NAME, PUBLIC).vkey,  # a log's key, not a witness's
        COSIGNER.vkey[:-4],
        COSIGNER.vkey.replace("+", "+0", 1),
        COSIGNER.vkey.replace("w1", "w2"),
        "nothing",
        "",
    ],
)
def test_what_is_no_cosigners_key_is_refused(vkey: str) -> None:
    with pytest.raises(BadNote):
        Cosigner.parse(vkey)


def test_the_line_of_another_is_passed_over() -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
    assert COSIGNER.signed_at(TEXT, cosign(TEXT, NAME, other, MOMENT).strip()) is None
    assert COSIGNER.signed_at(TEXT, cosign(TEXT, "witness.example/w2", KEY, MOMENT).strip()) is None
    assert COSIGNER.signed_at(TEXT, SIGNER.line(TEXT).strip()) is None


@given(st.integers(4, 75), st.integers(1, 255))
def test_any_changed_byte_is_refused(place: int, change: int) -> None:
    raw = bytearray(base64.b64decode(LINE.rpartition(" ")[2]))
    raw[place] ^= change
    with pytest.raises(BadNote):
        COSIGNER.signed_at(TEXT, f"\u2014 {NAME} {base64.b64encode(raw).decode()}")


def test_a_cosignature_holds_for_its_text_only() -> None:
    with pytest.raises(BadNote, match="is wrong"):
        COSIGNER.signed_at(Tree(4).sending(4).checkpoint.text, LINE)
    with pytest.raises(BadNote, match="has not its length"):
        COSIGNER.signed_at(TEXT, f"\u2014 {NAME} {base64.b64encode(COSIGNER.key_id + b'x' * 64).decode()}")


def test_cosignatures_become_lines_of_the_note_once_and_only_good_ones() -> None:
    good = {"witness": COSIGNER.vkey, "cosignatures": [f"{LINE}\n"]}
    elsewhere = cosign("another\n4\nAAAA\n", NAME, KEY, MOMENT)
    bad = [
        {"witness": COSIGNER.vkey, "cosignatures": [elsewhere, "\u2014 x", 7]},
        {"witness": "junk", "cosignatures": [f"{LINE}\n"]},
        {"witness": COSIGNER.vkey, "cosignatures": "junk"},
        {"path": "somewhere"},
    ]
    note = with_cosignatures(SENDING.note, [good, *bad, good])
    assert note == f"{SENDING.note}{LINE}\n"
    assert open_note(note, [SIGNER.verifier])[0] == TEXT
