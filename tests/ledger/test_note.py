"""Signed notes and checkpoints: what a stranger's implementation makes of them, and what is refused."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ledger.note import BadNote, Checkpoint, Signer, Verifier, open_note, sign

NAME = "auditlens.example/main"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer(NAME, KEY)
OTHER = Signer("other.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
CHECKPOINT = Checkpoint(NAME, 109_482, hashlib.sha256(b"root").digest())
NOTE = sign(CHECKPOINT.text, [SIGNER])


def test_a_note_is_written_as_the_format_says() -> None:
    text, signature = NOTE.split("\n\n")
    assert text == f"{NAME}\n109482\n{base64.b64encode(hashlib.sha256(b'root').digest()).decode()}"
    dash, name, encoded = signature.removesuffix("\n").split(" ")
    raw = base64.b64decode(encoded)
    public = KEY.public_key()
    assert (dash, name) == ("\u2014", NAME)
    assert raw[:4] == hashlib.sha256(NAME.encode() + b"\n\x01" + public.public_bytes_raw()).digest()[:4]
    public.verify(raw[4:], f"{text}\n".encode())


def test_a_known_key_has_its_known_id() -> None:
    """The verifier key of the Go checksum database, as its documentation prints it."""
    vkey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert Verifier.parse(vkey).vkey == vkey


def test_what_was_signed_comes_back() -> None:
    text, signed = open_note(NOTE, [SIGNER.verifier])
    assert Checkpoint.parse(text) == CHECKPOINT
    assert signed == (SIGNER.verifier,)


def test_more_keys_may_sign_and_unknown_ones_are_passed_over() -> None:
    note = sign(CHECKPOINT.text, [SIGNER, OTHER])
    assert open_note(note, [OTHER.verifier])[1] == (OTHER.verifier,)
    assert open_note(note, [SIGNER.verifier, OTHER.verifier])[1] == (SIGNER.verifier, OTHER.verifier)


def test_a_note_that_nobody_trusted_signed_is_refused() -> None:
    with pytest.raises(BadNote, match="no key that is trusted"):
        open_note(NOTE, [OTHER.verifier])
    with pytest.raises(BadNote, match="no key that is trusted"):
        open_note(NOTE, [Verifier.of("auditlens.example/main2", SIGNER.verifier.public)])


def test_the_example_of_the_format_s_text_opens() -> None:
    vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    signature = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    note = f"This is an example message.\n\n\u2014 example.com/foo {signature}\n"
    assert open_note(note, [Verifier.parse(vkey)])[0] == "This is an example message.\n"


def test_a_line_more_in_the_text_must_be_signed_too() -> None:
    longer = CHECKPOINT.text + "an extension\n"
    assert Checkpoint.parse(open_note(sign(longer, [SIGNER]), [SIGNER.verifier])[0]) == CHECKPOINT
    for changed in (NOTE.replace("\n\n", "\nan extension\n\n"), f"before\n{NOTE}", NOTE.replace("\n\n", "\n\n\n")):
        with pytest.raises(BadNote, match="the signature of"):
            open_note(changed, [SIGNER.verifier])


def test_a_known_key_s_wrong_signature_spoils_the_note_though_another_is_right() -> None:
    forged = SIGNER.line("something else\n")
    with pytest.raises(BadNote, match="the signature of"):
        open_note(NOTE + forged, [SIGNER.verifier])
    with pytest.raises(BadNote, match="the signature of"):
        open_note(sign(CHECKPOINT.text, [OTHER]) + forged, [SIGNER.verifier, OTHER.verifier])
    assert open_note(sign(CHECKPOINT.text, [OTHER]) + forged, [OTHER.verifier])[1] == (OTHER.verifier,)


@given(st.data())
def test_any_changed_character_is_refused(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(NOTE) - 1))
    other = data.draw(st.characters(min_codepoint=10, max_codepoint=0x2020, exclude_categories=["Cs"]))
    if other == NOTE[place]:
        return
    try:
        text, signed = open_note(NOTE[:place] + other + NOTE[place + 1 :], [SIGNER.verifier])
    except BadNote:
        return
    assert (text, signed) == (CHECKPOINT.text, (SIGNER.verifier,)), "only what is not signed may differ"


@pytest.mark.parametrize(
    "note",
    [
        "", "\n", "text\n", NOTE.removesuffix("\n"), NOTE.replace("\u2014", "-"), NOTE.replace("\n\n", "\n"),
        NOTE + "\u2014 x\n", NOTE + "\u2014 x !!!!\n", NOTE + "\u2014 x AAAA\n", NOTE.replace("\n109482", "\t\n109482"),
        CHECKPOINT.text + "\n" + SIGNER.line(CHECKPOINT.text) * 65,
    ],
)  # fmt: skip
def test_a_damaged_note_is_refused(note: str) -> None:
    with pytest.raises(BadNote):
        open_note(note, [SIGNER.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "", f"{NAME}\n1\n", f"{NAME}\n01\nAAAA\n", f"{NAME}\n-1\nAAAA\n", f"{NAME}\n1\nAAAA\n", f"{NAME}\n1\n????\n",
        f"\n1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{NAME}\n{'9' * 5000}\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{NAME}\n\u0661\n{base64.b64encode(bytes(32)).decode()}\n",
    ],
)  # fmt: skip
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "vkey", ["", "a+b", "a+00000000+AAAA", "a b+00000000+AAAA", SIGNER.verifier.vkey.replace("+", "+f", 1)]
)
def test_a_damaged_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(BadNote):
        Verifier.parse(vkey)


def test_half_a_character_is_no_text_of_a_note() -> None:
    with pytest.raises(BadNote, match="half a surrogate pair"):
        open_note(NOTE.replace("109482", "\ud800"), [SIGNER.verifier])
