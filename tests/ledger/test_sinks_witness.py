"""The sink that is a witness, against one that does as C2SP tlog-witness says, and against others."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.config import Settings
from dashboard.errors import UnreachableError
from dashboard.ledger.cosignature import Cosigner, cosign, with_cosignatures
from dashboard.ledger.note import open_note
from dashboard.ledger.sinks import ContradictionError, Sink, parse, posting
from tests.ledger.growing import ORIGIN, SIGNER, Tree
from tests.ledger.servers import Answer, Asked, Witness, http_server, silent_server
from tests.thorough import cases

TREE = Tree(3000)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def witness(origin: str = ORIGIN) -> Witness:
    return Witness(SIGNER.verifier, origin)


def sink_of(place: str, vkey: str, path: str = "") -> Sink:
    return parse(f"witness+http://{place}{path}?key={vkey}", Settings())


def test_a_witness_cosigns_what_continues_and_its_line_fits_under_the_checkpoint() -> None:
    it = witness()
    with http_server(it.answer) as (place, asked):
        sink = sink_of(place, it.vkey, "/a/")
        first = sink.publish(TREE.sending(200))
        second = sink.publish(TREE.sending(3000, last=first, last_size=200))
        assert sink.publish(TREE.sending(3000, last=second, last_size=3000))["witness"] == it.vkey
        assert list(sink.copies()) == []
    assert [one.path for one in asked] == ["/a/add-checkpoint"] * 3
    assert [one.body.split(b"\n")[0] for one in asked] == [b"old 0", b"old 200", b"old 3000"]
    note = with_cosignatures(TREE.sending(3000).note, [first, second])
    text, _ = open_note(note, [SIGNER.verifier])
    lines = note.splitlines()[-2:]
    assert lines[0].startswith(f"\u2014 {ORIGIN} ")
    assert Cosigner.parse(it.vkey).signed_at(text, lines[1]) is not None


@given(st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 3000))
@settings(max_examples=cases(25), deadline=None)
def test_a_witness_is_asked_again_from_where_it_stands(stands: int, remembered: int, size: int) -> None:
    """Whatever we remember: it was reset, or another host sent something meanwhile."""
    it = witness()
    it.size, it.root = stands, TREE.checkpoint(stands).root
    with http_server(it.answer) as (place, asked):
        sink = sink_of(place, it.vkey)
        if stands > size:
            with pytest.raises(ContradictionError, match=f"saw a tree of {stands:,} leaves"):
                sink.publish(TREE.sending(size, last_size=remembered))
        else:
            sink.publish(TREE.sending(size, last_size=remembered))
            assert it.size == size
        assert len(asked) <= 2


def test_a_witness_that_saw_another_history_is_believed() -> None:
    it = witness()
    it.size, it.root = 200, TREE.checkpoint(200).root
    rewritten = Tree(3000, changed=(7,))
    with http_server(it.answer) as (place, _):
        sink = sink_of(place, it.vkey)
        with pytest.raises(ContradictionError, match="does not continue the one it saw"):
            sink.publish(rewritten.sending(3000))
        with pytest.raises(ContradictionError, match="saw another tree of 200 leaves"):
            sink.publish(rewritten.sending(200, last_size=200))
    assert it.size == 200


def test_a_witness_that_does_not_know_us_says_what_to_do() -> None:
    stranger, other = Witness(Cosigner.of("x", bytes(32)), ORIGIN), witness("auditlens/other")  # type: ignore[arg-type]
    for it, said in ((stranger, "does not trust the key"), (other, "does not know this log")):
        with http_server(it.answer) as (place, _), pytest.raises(UnreachableError, match=said) as wrong:
            sink_of(place, it.vkey).publish(TREE.sending(3))
        assert "verifier key" in wrong.value.hint


def cosigned_by(key: Ed25519PrivateKey, *, name: str = "witness.example/w1", moment: int = 1_700_000_000) -> bytes:
    return cosign(TREE.checkpoint(3).text, name, key, moment).encode()


KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
VKEY = Cosigner.of("witness.example/w1", KEY.public_key().public_bytes_raw()).vkey
LATER = cosign(TREE.checkpoint(4).text, "witness.example/w1", KEY, 1_700_000_000).encode()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, "text/plain", LATER), "the cosignature of witness.example/w1 is wrong"),
        ((200, "text/plain", cosigned_by(Ed25519PrivateKey.generate())), "holds no cosignature of the key"),
        ((200, "text/plain", cosigned_by(KEY, name="else.example")), "holds no cosignature of the key"),
        ((200, "text/plain", cosigned_by(KEY, moment=1 << 40)), "is of no time"),
        ((200, "text/plain", cosigned_by(KEY, moment=9_000_000_000)), "which is still to come"),
        ((200, "text/plain", b""), "holds no cosignature"),
        ((200, "text/html", b"<h1>hello</h1>\n"), "a signature line is damaged"),
        ((200, "text/plain", b"x" * 300_000), "its answer is too long"),
        ((409, "text/plain", b"5\n"), "without saying which size"),
        ((409, "text/x.tlog.size", b"five\n"), "without saying which size"),
        ((409, "text/x.tlog.size", b"9" * 5000), "without saying which size"),
        ((500, "text/plain", b"\x1b[31mout of\norder"), r"answers 500: \\u\{1b\}\[31mout of order"),
        ((302, "text/plain", b"go there"), "answers 302"),
    ],
)
def test_a_wrong_answer_is_no_receipt(answer: Answer, said: str) -> None:
    with http_server(lambda _: answer) as (place, _), pytest.raises(UnreachableError, match=said):
        sink_of(place, VKEY).publish(TREE.sending(3))


def test_a_witness_that_names_another_size_each_time_is_left() -> None:
    sizes = iter(range(1, 9))

    def answer(_: Asked) -> Answer:
        return 409, "text/x.tlog.size", f"{next(sizes)}\n".encode()

    with http_server(answer) as (place, asked), pytest.raises(UnreachableError, match="another size each time"):
        sink_of(place, VKEY).publish(TREE.sending(300))
    assert len(asked) == 3


def test_a_witness_that_is_down_or_says_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9.*can't be reached"):
        sink_of("127.0.0.1:9", VKEY).publish(TREE.sending(3))
    monkeypatch.setattr(posting, "TIMEOUT_S", 0.3)
    with silent_server() as place, pytest.raises(UnreachableError, match="did not answer within"):
        sink_of(place, VKEY).publish(TREE.sending(3))


def test_a_key_with_other_lines_beside_it_is_found() -> None:
    other = cosigned_by(Ed25519PrivateKey.generate(), name="else.example")
    answer: Callable[[Asked], Answer] = lambda _: (200, "text/plain", other + cosigned_by(KEY))  # noqa: E731
    with http_server(answer) as (place, _):
        receipt = sink_of(place, VKEY).publish(TREE.sending(3))
    assert receipt["cosignatures"] == [cosigned_by(KEY).decode()]
    assert receipt["time"] == "2023-11-14T22:13:20+00:00"
