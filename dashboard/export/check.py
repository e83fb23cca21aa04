#!/usr/bin/env python3
"""Checks evidence of an Auditlens log, alone: Python 3.9 or newer and the package `cryptography`; no network, no log.

    python check.py FILE [--key VKEY]… [--keys FILE] [--checkpoint OLD] [--json]

FILE is an evidence zip, a .tlog-proof or a checkpoint. VKEY is the log's verifier key (name+id+key) as you have it
from elsewhere: a key that came with the file only shows that the file agrees with itself. OLD is a checkpoint of the
same log that you kept: the file must continue it. It says what is proven and what is not, and ends with

    0   everything checks, by a key you gave
    3   everything checks, but by the file's own key or none, or what you asked about OLD can't be told from this file
    4   something does not check: each thing is named, a row by its number and its place in the log
    2   wrong use, or no such file

A row without its member "_" is the line that was hashed (RFC 8785), leaf = SHA-256(0x00 || line); each disclosure
hashes to what stands under "sd"; the leaf leads to the root (RFC 6962, C2SP tlog-tiles or tlog-proof); the root is
signed (C2SP signed-note, tlog-checkpoint, tlog-cosignature).
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import struct
import sys
import unicodedata
import zipfile
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

GROUPS = frozenset({"actor", "client", "description", "details", "original", "place", "target"})
TEXTS = (
    "action", "actor_type", "category", "db_role", "id", "native_id", "occurred_at", "outcome", "recorded_at", "source",
)  # fmt: skip
LEAF_MEMBERS = frozenset({*TEXTS, "actor_id", "imported", "request_id", "sd", "source_seq", "v"})
MIB = 1 << 20
COUNTED = ("rows", "ranges", "disclosed", "erased")
MANIFEST_MEMBERS = frozenset(
    {*COUNTED, "as_of", "evidence", "exported_at", "files", "filter", "log_id", "origin", "proofs", "root", "sort",
     "time_zone", "tree_size", "withheld"}
)  # fmt: skip
NAMES = re.compile(
    r"(?P<top>events\.ndjson|ranges\.txt|checkpoint|vkeys\.txt|VERIFY\.md|manifest\.json|check\.py)"
    r"|(?P<tile>tile/\d{1,2}/(?:x\d{3}/)*\d{3}(?:\.p/\d{1,3})?)|(?P<proof>proofs/\d{1,18}\.tlog-proof)"
    r"|(?P<anchor>anchors/\d{1,18}(?:\.checkpoint|\.consistency|-\d{1,6}\.receipt\.json))",
    re.ASCII,
)
MOST = {  # bytes; the two that may be of any size are read line by line
    "top": 16 * MIB, "tile": 8192, "proof": 16 * MIB, "anchor": MIB, "manifest.json": 512 * MIB,
    "events.ndjson": 1 << 60, "ranges.txt": 1 << 60,
}  # fmt: skip
NEEDED = ("events.ndjson", "ranges.txt", "checkpoint", "vkeys.txt", "VERIFY.md", "manifest.json", "check.py")
HEX = re.compile(r"[0-9a-f]{64}")
SALT = re.compile(r"[0-9a-f]{32}")
EMPTY_ROOT = hashlib.sha256(b"").digest()
ED25519, COSIGNATURE = 1, 4
LARGEST = 2**53 - 1
MOST_LINE, MOST_NAMES, MOST_PROBLEMS = 2 * MIB, 2_000_000, 100
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
    OverflowError, AttributeError, IndexError, MemoryError,
)  # fmt: skip
"""What Python's zipfile raises for bytes that are no sound zip."""


class Bad(Exception):
    """Something does not check; the text is for people."""


class WrongUse(Exception):
    """The question can't be asked."""


# The tree: RFC 6962, and C2SP tiles of 256 hashes.


def leaf_hash(line: bytes) -> bytes:
    return hashlib.sha256(b"\0" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def perfect_root(hashes: bytes) -> bytes:
    while len(hashes) > 32:
        hashes = b"".join(node_hash(hashes[i : i + 32], hashes[i + 32 : i + 64]) for i in range(0, len(hashes), 64))
    return hashes


def check_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162 2.1.3.2."""
    if not 0 <= index < size or any(len(value) != 32 for value in (leaf, root, *path)):
        return False
    inner = (index ^ (size - 1)).bit_length()
    if len(path) != inner + bin(index >> inner).count("1"):
        return False
    for height, sibling in enumerate(path):
        leaf = node_hash(sibling, leaf) if height >= inner or index >> height & 1 else node_hash(leaf, sibling)
    return leaf == root


def check_consistency(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """RFC 9162 2.1.4.2."""
    if not 0 <= old <= new or any(len(value) != 32 for value in (old_root, new_root, *path)):
        return False
    if old in (0, new):
        return not path and old_root == (EMPTY_ROOT if old == 0 else new_root)
    shift = (old & -old).bit_length() - 1
    rest = list(path) if old == 1 << shift else list(path[1:])
    mask = (old - 1) >> shift
    inner = ((old - 1) ^ (new - 1)).bit_length() - shift
    if not path or len(rest) != inner + bin(mask >> inner).count("1"):
        return False
    was = now = old_root if old == 1 << shift else path[0]
    for height, sibling in enumerate(rest):
        if height >= inner or mask >> height & 1:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
        else:
            now = node_hash(now, sibling)
    return (was, now) == (old_root, new_root)


class Tree:
    """A signed tree over tiles that nobody vouches for: each is held against the hash of it in the one above."""

    def __init__(self, size: int, root: bytes, read: Callable[[int, int, int], bytes]) -> None:
        """`read` gives a tile by level, number and width. Raises Bad unless the right edge leads to the root."""
        self.size = size
        self._read = read
        self._edge: dict[int, bytes] = {}
        self._last: dict[int, tuple[int, bytes]] = {}
        peaks: list[bytes] = []
        for level in range((size.bit_length() + 7) // 8):
            width = (size >> 8 * level) % 256
            self._edge[level] = self._tile(level, size >> 8 * (level + 1), width) if width else b""
            while width:  # from the right: the smallest subtree first
                part = width & -width
                peaks.append(perfect_root(self._edge[level][32 * (width - part) : 32 * width]))
                width -= part
        found = peaks[0] if peaks else EMPTY_ROOT
        for peak in peaks[1:]:
            found = node_hash(peak, found)
        if found != root:
            raise Bad("the tiles at the tree's right edge do not lead to the signed root")

    def leaf(self, index: int) -> bytes:
        if not 0 <= index < self.size:
            raise Bad(f"the signed tree has {self.size:,} leaves only")
        return self._hash(0, index)

    def _hash(self, level: int, index: int) -> bytes:
        number, place = divmod(index, 256)
        if number == self.size >> 8 * (level + 1):
            hashes = self._edge[level]
        elif self._last.get(level, (-1, b""))[0] == number:
            hashes = self._last[level][1]
        else:
            hashes = self._tile(level, number, 256)
            if perfect_root(hashes) != self._hash(level + 1, number):
                raise Bad(f"{tile_path(level, number, 256)} does not lead to the signed root")
            self._last[level] = number, hashes
        return hashes[32 * place : 32 * place + 32]

    def _tile(self, level: int, number: int, width: int) -> bytes:
        hashes = self._read(level, number, width)
        if len(hashes) != 32 * width:
            raise Bad(f"{tile_path(level, number, width)} has not {width} hashes of 32 bytes")
        return hashes


def tile_path(level: int, number: int, width: int) -> str:
    digits = f"{number:03}".zfill(-(-len(f"{number:03}") // 3) * 3)
    parts = [f"x{digits[i : i + 3]}" for i in range(0, len(digits), 3)]
    return f"tile/{level}/{'/'.join(parts)[:-4]}{parts[-1][1:]}" + (f".p/{width}" if width < 256 else "")


# Signed notes and checkpoints.


def unbase64(text: str) -> bytes:
    """Exactly as it is written: no other text stands for the same bytes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Bad("a line is not base64") from None
    if not raw or base64.b64encode(raw).decode() != text:
        raise Bad("a line is not base64 as it is written")
    return raw


def unhash(text: str) -> bytes:
    raw = unbase64(text)
    if len(raw) != 32:
        raise Bad("a hash has not 32 bytes")
    return raw


def whole_number(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,17}", text):
        raise Bad(f"{safe(text, 24)} is not a number as it is written")
    return int(text)


@dataclass(frozen=True)
class Key:
    """A verifier key: of the log (Ed25519), or of a witness."""

    vkey: str
    name: str
    key_id: bytes
    kind: int
    public: bytes
    until: int | None = None

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.vkey.encode()).hexdigest()

    def signed_at(self, text: str, signature: bytes) -> int:
        """For a witness the time it signed, else 0. Raises Bad when the signature is wrong."""
        moment, message = 0, text
        if self.kind == COSIGNATURE:
            moment, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = f"cosignature/v1\ntime {moment}\n{text}"
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message.encode())
        except (InvalidSignature, ValueError):
            raise Bad(f"the signature of {safe(self.name)} is wrong") from None
        return moment


def read_keys(text: str) -> list[Key]:
    """Reads a key a line, `until=N` behind one that is good for trees of up to N leaves; `#` begins a remark."""
    found = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        name, _, rest = words[0].partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = unbase64(encoded)
        if len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE) or not name:
            raise Bad("a verifier key is written name+id+key and is of Ed25519")
        if hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() != key_id:
            raise Bad("the id of a verifier key is not its own")
        if len(words) > 2 or (len(words) == 2 and not words[1].startswith("until=")):
            raise Bad("behind a verifier key stands nothing but until=N")
        until = whole_number(words[1][6:]) if len(words) == 2 else None
        found.append(Key(words[0], name, bytes.fromhex(key_id), raw[0], raw[1:], until))
    return found


@dataclass(frozen=True)
class Checkpoint:
    """A head of the tree, and who of the keys that count signed it, when (0: not said)."""

    note: str
    origin: str
    size: int
    root: bytes
    signed: tuple[tuple[Key, int], ...]

    @property
    def by(self) -> Key | None:
        return next((key for key, _ in self.signed if key.kind == ED25519), None)


def read_checkpoint(note: str, keys: Sequence[Key]) -> Checkpoint:
    """Reads and checks a checkpoint: three lines, then signatures, those of known keys right. Raises Bad."""
    text, gap, rest = note.rpartition("\n\n")
    lines = text.split("\n")
    if not gap or not rest.endswith("\n") or any(c < " " and c != "\n" for c in note) or len(note) > MIB:
        raise Bad("a checkpoint is a signed note: a text, an empty line, signatures")
    if len(lines) != 3 or not lines[0]:
        raise Bad("a checkpoint has three lines: origin, size, root; this one has more or fewer")
    size, root, signed = whole_number(lines[1]), unhash(lines[2]), []
    for line in rest[:-1].split("\n"):
        words = line.split(" ")
        if len(words) != 3 or words[0] != "\u2014" or not words[1] or "+" in words[1]:
            raise Bad("a signature line is damaged")
        raw = unbase64(words[2])
        for key in keys:
            if (key.name, key.key_id) == (words[1], raw[:4]):
                moment = key.signed_at(text + "\n", raw[4:])
                if key.kind == COSIGNATURE or (key.name == lines[0] and (key.until is None or size <= key.until)):
                    signed.append((key, moment))
    return Checkpoint(note, lines[0], size, root, tuple(signed))


def read_proof(text: str) -> tuple[int, list[bytes], str, bytes | None]:
    """A tlog-proof: index, path, checkpoint, extra. Raises Bad for anything that the format does not allow."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Bad("it is no c2sp.org/tlog-proof@v1")
    extra = unbase64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index "):
        raise Bad("it has no index where one belongs")
    if len(lines) > 65:
        raise Bad("it has more hashes than any tree needs")
    return whole_number(lines[0][6:]), [unhash(line) for line in lines[1:]], note, extra


# Rows.


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) or not "".join(found).isascii():
        raise Bad("a member of an object is there twice, or its name is not ASCII")
    return found


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > LARGEST:
        raise Bad("a number is beyond 2^53")
    return int(text)


def _no_number(text: str) -> None:
    raise Bad("a number is no integer")


_decoder = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_no_number, parse_constant=_no_number
)


def read_json(text: str) -> Any:
    """JSON without doubled or oddly named members, fractions or large numbers."""
    try:
        return _decoder.decode(text)
    except (ValueError, RecursionError):
        raise Bad("it is not JSON") from None


jcs = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
"""RFC 8785's text of what `read_json` lets in: without fractions and with ASCII names its sorting is this one."""


@dataclass(frozen=True)
class Row:
    """A row that agrees with itself: what is disclosed is what its leaf was made of."""

    text: str
    index: int
    leaf: bytes
    disclosed: dict[str, list[Any]]
    erased: list[str]
    event: dict[str, Any]


def read_row(text: str) -> Row:
    """Raises Bad when a row is not exactly of format 1, or discloses what was not hashed."""
    try:
        text.encode()
        event = read_json(text)
        own = event.pop("_") if isinstance(event, dict) else None
        line = jcs(event)
        same = f'{line[:-1]},"_":{jcs(own)}}}' == text
    except (UnicodeEncodeError, KeyError, RecursionError):
        raise Bad('it is no row: an object with a member "_"') from None
    if not isinstance(own, dict) or own.keys() != {"disclosed", "erased", "leaf_index"}:
        raise Bad('its member "_" does not hold leaf_index, disclosed and erased')
    if event.keys() != LEAF_MEMBERS or type(event["v"]) is not int or event["v"] != 1:
        raise Bad("its members are not those of leaf format 1")
    if not same or not all(isinstance(event[name], str) for name in TEXTS):
        raise Bad("it is not written in the one form that JCS allows")
    index, told, erased, digests = own["leaf_index"], own["disclosed"], own["erased"], event["sd"]
    if type(index) is not int or index < 0 or not isinstance(told, dict) or not told.keys() <= GROUPS:
        raise Bad("it has no place, or discloses what is no group")
    if not isinstance(erased, list) or erased != [group for group in sorted(GROUPS - told.keys()) if group in erased]:
        raise Bad("it calls erased what is no group, or is disclosed")
    check_disclosed(told, digests)
    return Row(text, index, leaf_hash(line.encode()), told, erased, event)


def check_disclosed(told: dict[str, Any], digests: Any) -> None:
    """Raises Bad unless each group that is told is the one whose hash is in the line."""
    if not isinstance(digests, dict) or digests.keys() != GROUPS:
        raise Bad('its member "sd" holds other groups than leaf format 1')
    if not all(isinstance(digest, str) and HEX.fullmatch(digest) for digest in digests.values()):
        raise Bad("a hash of a group has not 32 bytes")
    for group, told_of in told.items():
        is_list = isinstance(told_of, list) and len(told_of) == 3
        if not is_list or told_of[1] != group or not SALT.fullmatch(f"{told_of[0]}"):
            raise Bad(f"what it discloses of {group} is not [salt, group, value]")
        if hashlib.sha256(jcs(told_of).encode()).hexdigest() != digests[group]:
            raise Bad(f"what it discloses of {group} is not what was hashed")


# What is told.


def safe(text: object, most: int = 120) -> str:
    """Foreign text as no terminal obeys it."""
    hidden = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
    whole = str(text)
    cut = whole if len(whole) <= most else whole[: most - 1] + "…"
    return "".join(f"\\u{{{ord(c):x}}}" if unicodedata.category(c) in hidden else c for c in cut)


@dataclass
class Report:
    """What was found about one file."""

    file: str
    given: bool  # the keys that count came from whoever asks
    kind: str = "file"
    checkpoint: Checkpoint | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    proven: list[str] = field(default_factory=list)
    not_proven: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    untold: int = 0  # problems beyond those that are listed
    open: bool = False  # something that was asked can't be told from this file

    def bad(self, message: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(message)
        else:
            self.untold += 1

    @property
    def exit(self) -> int:
        if self.problems:
            return 4
        return 0 if self.given and self.checkpoint and self.checkpoint.by and not self.open else 3

    def to_json(self) -> dict[str, Any]:
        head, by = self.checkpoint, self.checkpoint.by if self.checkpoint else None
        return {
            "file": self.file,
            "kind": self.kind,
            "exit": self.exit,
            "result": {0: "proven", 3: "not settled", 4: "damaged"}[self.exit],
            "origin": head.origin if head else None,
            "tree_size": head.size if head else None,
            "root": base64.b64encode(head.root).decode() if head else None,
            "key": {"vkey": by.vkey, "sha256": by.fingerprint, "given": self.given} if by else None,
            **self.facts,
            "proven": self.proven if not self.problems else [],
            "not_proven": self.not_proven,
            "problems": self.problems,
            "more_problems": self.untold,
        }

    def lines(self) -> Iterator[str]:
        """For a person. Each part is made safe where it is made; the file's name here."""
        yield f"{safe(self.file, 400)}: {self.kind}"
        if self.problems:
            yield f"\nDOES NOT CHECK ({len(self.problems) + self.untold:,})"
            yield from (f"  x {problem}" for problem in self.problems)
            yield from [f"  x … and {self.untold:,} more"] * bool(self.untold)
            yield "\nNothing in this file is to be relied on before that is explained."
            return
        yield from ["\nPROVEN", *(f"  + {text}" for text in self.proven)]
        yield from ["\nNOT PROVEN", *(f"  - {text}" for text in self.not_proven)]
        if self.exit == 0:
            yield "\nEverything checks, by a key that you gave."
        elif self.open:
            yield "\nWhat this file says checks; what you asked of the older checkpoint can't be told from it."
        else:
            yield "\nEverything checks, but not whose log it is: give the key that you have from elsewhere (--key)."


def read_head(report: Report, note: str, keys: Sequence[Key]) -> Checkpoint:
    """Reads the file's checkpoint and says what its signature shows. Raises Bad when of the keys none signed it."""
    head = read_checkpoint(note, keys)
    if keys and not head.by:
        raise Bad(f"the checkpoint is not signed by a key that {'you gave' if report.given else 'came with it'}")
    report.checkpoint = head
    what = f"The tree of {head.size:,} events with root {base64.b64encode(head.root).decode()}"
    if head.by is None:
        report.not_proven.append(
            f"{what} is not shown to be signed by {safe(head.origin)}: no key was there to check by."
        )
    else:
        whose = "the key that you gave" if report.given else "the key that CAME WITH THIS FILE: compare it with yours"
        key = f"{safe(head.by.vkey, 400)}\n    SHA-256 of that key: {head.by.fingerprint}"
        report.proven.append(f"{what} is signed by {safe(head.origin)}, {whose}:\n    {key}")
    for witness, moment in head.signed:
        if witness.kind == COSIGNATURE and moment < 1 << 35:
            at = datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
            report.proven.append(f"Witness {safe(witness.name)} cosigned that tree at {at}.")
    return head


def tell_limits(report: Report) -> None:
    """Says what no such file can show."""
    report.not_proven += [
        "That what a source reported is true: its times and texts are claims, unchanged since they were sealed.",
        "That nobody was shown another history: compare tree size and root with somebody else's copy of a checkpoint.",
    ]


def compare_older(report: Report, older: Checkpoint, path: list[bytes] | None) -> None:
    """Holds the file's head against a checkpoint that whoever asks has kept; `path` is a consistency proof from it."""
    head = report.checkpoint
    assert head is not None
    which = f"the one of {older.size:,} events that you kept"
    if older.origin != head.origin:
        report.bad(f"The older checkpoint is of another log, {safe(older.origin)}, not of {safe(head.origin)}.")
    elif older.size != head.size and path is None:
        report.open = True
        ask = "a file made later" if older.size > head.size else "an export made with --older and that checkpoint"
        report.not_proven.append(f"That the tree continues {which}: no proof of it is here; ask for {ask}.")
    elif check_consistency(older.size, head.size, path or [], older.root, head.root):
        report.proven.append(f"The tree continues {which}.")
    else:
        report.bad(
            f"The tree of {head.size:,} events does not continue {which}: two histories were signed, or the proof was "
            "changed. Keep both files."
        )


# Evidence zips.


class Pack:
    """The files of an evidence zip, each held against the manifest's SHA-256 when it is read."""

    def __init__(self, archive: zipfile.ZipFile, report: Report) -> None:
        self.archive = archive
        self.report = report
        self.names: dict[str, zipfile.ZipInfo] = {}
        infos = archive.infolist()
        if len(infos) > MOST_NAMES or archive.comment or (infos and min(info.header_offset for info in infos)):
            raise Bad("the zip holds something before, behind or beside its files, or too many of them")
        for info in infos:
            match = NAMES.fullmatch(info.filename)
            most = MOST.get(info.filename) or MOST[(match and match.lastgroup) or "top"]
            if not match:
                report.bad(f"{safe(info.filename)} is no file of an evidence zip.")
            elif info.filename in self.names:
                report.bad(f"{info.filename} is there twice.")
            elif info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                report.bad(f"{info.filename} is encrypted, or compressed in a way that is not allowed.")
            elif info.file_size > most:
                report.bad(f"{info.filename} is larger than such a file can be.")
            else:
                self.names[info.filename] = info
        self.files: dict[str, str] = {}
        self.unread: set[str] = set()
        self.manifest = self._manifest()
        self.files = self.manifest["files"]
        self.unread = set(self.files)
        for name in sorted(self.files.keys() - self.names.keys()):
            report.bad(f"{safe(name)} is missing: manifest.json lists it.")
        for name in sorted(self.names.keys() - self.files.keys() - {"manifest.json"}):
            report.bad(f"{name} was added: manifest.json does not list it.")

    def _manifest(self) -> dict[str, Any]:
        missing = [name for name in NEEDED if name not in self.names]
        if missing:
            raise Bad(f"{', '.join(missing)} is missing")
        found = read_json(self.text("manifest.json"))
        good = (
            isinstance(found, dict)
            and found.keys() == MANIFEST_MEMBERS
            and found["evidence"] == 1
            and (found["time_zone"], found["sort"]) == ("UTC", "seq:asc")
            and found["proofs"] in ("tiles", "files")
            and type(found["as_of"]) is int
            and isinstance(found["withheld"], list)
            and all(isinstance(group, str) and group in GROUPS for group in found["withheld"])
            and isinstance(found["filter"], dict)
            and found["filter"].keys() == {"params", "sentence"}
            and isinstance(found["files"], dict)
            and all(isinstance(digest, str) and HEX.fullmatch(digest) for digest in found["files"].values())
        )
        if not good:
            raise Bad("manifest.json is not one of evidence of version 1")
        return dict(found)

    def lines(self, name: str, most: int) -> Iterator[bytes]:
        """The file line by line; at its end it is held against the manifest. Raises Bad when it can't be read."""
        if name not in self.names:
            raise Bad(f"{safe(name)} is missing")
        digest = hashlib.sha256()
        try:
            with self.archive.open(self.names[name]) as stream:
                while line := stream.readline(most + 1):
                    digest.update(line)
                    if len(line) > most:
                        raise Bad(f"{name} has a line that is too long")
                    yield line
        except UNREADABLE:
            raise Bad(f"{name} can't be read: its bytes are damaged") from None
        self.unread.discard(name)
        if name in self.files and digest.hexdigest() != self.files[name]:
            self.report.bad(f"{name} is not the file whose SHA-256 manifest.json lists.")

    def read(self, name: str) -> bytes:
        return b"".join(self.lines(name, MOST["manifest.json"]))

    def text(self, name: str) -> str:
        try:
            return self.read(name).decode()
        except UnicodeDecodeError:
            raise Bad(f"{name} is not UTF-8") from None


Ranges = list[tuple[int, int]]  # first and last place of each, ascending, with a gap before the next


def ranges_of(places: Iterable[int]) -> Ranges:
    """The gap-free ranges of places that ascend."""
    found: Ranges = []
    for place in places:
        if found and place == found[-1][1] + 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def minus(ranges: Ranges, others: Ranges) -> Iterator[tuple[int, int]]:
    """What of the ranges lies in none of the others."""
    ahead = iter([*others, (1 << 62, 1 << 62)])
    low, high = next(ahead)
    for first, last in ranges:
        while first <= last:
            while high < first:
                low, high = next(ahead)
            if first < low:
                yield first, min(last, low - 1)
            first = high + 1 if low <= last else last + 1


def ascending(places: Sequence[int]) -> set[int]:
    """Which rows stay when as few as possible are taken out so that the places of the others ascend."""
    ends: list[int] = []  # of the best run of each length its last row, and by `before` the one in front of that
    tops: list[int] = []
    before = array("q", bytes(8 * len(places)))
    for row, place in enumerate(places):
        length = bisect_left(tops, place)
        before[row] = ends[length - 1] if length else -1
        ends[length : length + 1], tops[length : length + 1] = [row], [place]
    kept, row = set(), ends[-1] if ends else -1
    while row >= 0:
        kept.add(row)
        row = before[row]
    return kept


def check_places(pack: Pack, places: Sequence[int], report: Report) -> Ranges:
    """Holds the rows' places against ranges.txt, names what is missing or too many, and gives the gap-free ranges."""
    listed: Ranges = []
    for line in pack.lines("ranges.txt", 64):
        words = re.fullmatch(rb"(0|[1-9]\d{0,17}) (0|[1-9]\d{0,17})\n", line)
        first, last = (int(words[1]), int(words[2])) if words else (0, -1)
        if last < first or (listed and first < listed[-1][1] + 2):
            raise Bad("ranges.txt is no list of ranges in order, each behind a gap")
        listed.append((first, last))
    found = ranges_of(places)
    if found == listed:
        return found
    kept = ascending(places)
    for row, place in enumerate(places):
        if row not in kept:
            report.bad(f"Row {row + 1:,} (place {place:,}) is out of order, or there twice.")
    found = ranges_of(sorted(set(places)))
    for what, spans in (
        ("missing: dropped", minus(listed, found)),
        ("added: not listed in ranges.txt", minus(found, listed)),
    ):
        for first, last in spans:
            at = f"Place {first:,} is" if first == last else f"Places {first:,} to {last:,} are"
            row = sum(place < first for place in places)
            report.bad(f"{at} {what}, behind row {row:,}.")
    return found


def prover(pack: Pack, head: Checkpoint) -> Callable[[Row], None]:
    """What raises Bad for a row that does not lead to the signed root."""
    if pack.manifest["proofs"] == "tiles":
        tree = Tree(head.size, head.root, lambda *which: pack.read(tile_path(*which)))

        def by_tiles(row: Row) -> None:
            if tree.leaf(row.index) != row.leaf:
                raise Bad("it is not what was sealed at this place")

        return by_tiles

    def by_file(row: Row) -> None:
        name = f"proofs/{row.index}.tlog-proof"
        index, path, note, extra = read_proof(pack.text(name))
        if not check_inclusion(row.index, head.size, row.leaf, path, head.root):
            raise Bad("it is not what was sealed at this place")
        if index != row.index or note != head.note or extra != row.text.encode():
            raise Bad(f"{name} is of another row, or of another checkpoint")

    return by_file


def check_rows(pack: Pack, head: Checkpoint, report: Report) -> None:
    """Each row, its proof and its place."""
    manifest, prove, places = pack.manifest, prover(pack, head), array("q")
    told, gone = dict.fromkeys(sorted(GROUPS), 0), dict.fromkeys(sorted(GROUPS), 0)
    for number, raw in enumerate(pack.lines("events.ndjson", MOST_LINE), 1):
        claim = re.search(rb'"leaf_index":(\d{1,18})}}\n?$', raw[-64:])
        places.append(int(claim[1]) if claim else -1)
        try:
            if not claim or raw[-1:] != b"\n":
                raise Bad("it does not end in its place and a line break")
            row = read_row(raw[:-1].decode())
            check_told(row, manifest)
            prove(row)
        except (Bad, UnicodeDecodeError) as wrong:
            report.bad(
                f"Row {number:,} (place {places[-1]:,}): {wrong if isinstance(wrong, Bad) else 'it is not UTF-8'}."
            )
            if report.untold > 1000:
                raise Bad("so much is wrong that the rest was not looked at") from None
            continue
        for group in row.disclosed:
            told[group] += 1
        for group in row.erased:
            gone[group] += 1
    found = check_places(pack, places, report)
    report.facts = dict(zip(COUNTED, (len(places), len(found), told, gone)))
    for name, value in report.facts.items():
        if manifest[name] != value and not report.problems:
            report.bad(f"manifest.json counts {name} otherwise than the file holds them.")
    longest = sorted(sorted(found, key=lambda span: span[0] - span[1])[:20])
    report.facts |= {"gap_free": longest, "withheld": sorted(manifest["withheld"])}


def check_told(row: Row, manifest: dict[str, Any]) -> None:
    """Raises Bad for a row that the manifest's claims exclude."""
    withheld = set(manifest["withheld"])
    odd = GROUPS - row.disclosed.keys() - set(row.erased) - withheld | row.disclosed.keys() & withheld
    if odd:
        raise Bad(f"it discloses {', '.join(sorted(odd))} otherwise than manifest.json says")
    if row.index >= manifest["as_of"]:
        raise Bad("its place is beyond the state that manifest.json names")


def tell_rows(report: Report, manifest: dict[str, Any]) -> None:
    """Says what the rows show, and what they do not."""
    rows, spans = report.facts["rows"], report.facts["gap_free"]
    whole = spans == [(0, manifest["as_of"] - 1)]
    if rows:
        report.proven.append(
            f"Each of the {rows:,} rows stands in that tree, at the place it names, as it is written here."
        )
    for what, counts in (("disclosed", report.facts["disclosed"]), ("erased since", report.facts["erased"])):
        listed = ", ".join(f"{group} {count:,}" for group, count in counts.items() if count)
        if listed:
            report.proven.append(f"Personal fields {what}: {listed}.")
    for first, last in spans:
        if last > first or whole:
            all_ = ": the whole log as it was then" if whole else ""
            report.proven.append(
                f"Complete from place {first:,} to {last:,}: {last + 1 - first:,} rows, none missing{all_}."
            )
    if not whole:
        report.not_proven.append(
            f"That no event was left out before, between or behind the {report.facts['ranges']:,} gap-free ranges. "
            f"That the rows are all that “{safe(manifest['filter']['sentence'], 500)}” means is a claim of who made "
            "the file: manifest.json is not signed."
        )
    if manifest["withheld"]:
        report.not_proven.append(f"What stands in the withheld fields: {', '.join(sorted(manifest['withheld']))}.")


def check_anchors(pack: Pack, head: Checkpoint, keys: Sequence[Key], report: Report) -> dict[int, list[bytes]]:
    """Older checkpoints in the zip: each must be one that the head continues. Gives the consistency proofs by size."""
    paths: dict[int, list[bytes]] = {}
    names = sorted(name for name in pack.names if name.startswith("anchors/") and not name.endswith(".receipt.json"))
    for name in [name for name in names if name.endswith(".checkpoint")]:
        try:
            older = read_checkpoint(pack.text(name), keys)
            proof, gap, note = pack.text(name[: -len("checkpoint")] + "consistency").partition("\n\n")
            lines = proof.split("\n")
            path = [unhash(line) for line in lines[1:]]
            if (lines[0], note, older.origin) != (f"old {older.size}", head.note, head.origin) or not gap:
                raise Bad("its consistency proof is of other checkpoints")
            if name != f"anchors/{older.size}.checkpoint":
                raise Bad("its name is not its size")
            if not check_consistency(older.size, head.size, path, older.root, head.root):
                raise Bad(
                    f"the tree of {head.size:,} events does not continue it: history was rewritten between the two"
                )
        except Bad as wrong:
            report.bad(f"{name}: {wrong}.")
            continue
        paths[older.size] = path
        if older.by:
            report.proven.append(
                f"The tree continues the one of {older.size:,} events, whose signed head is in anchors/."
            )
    receipts = [name for name in pack.names if name.endswith(".receipt.json")]
    for name in receipts:
        pack.read(name)
    if receipts:
        report.not_proven.append(
            f"What the {len(receipts):,} receipts in anchors/ say: whoever keeps those copies can confirm it."
        )
    return paths


def check_pack(archive: zipfile.ZipFile, keys: list[Key], older: str | None, report: Report) -> None:
    """An evidence zip. Adds to the report; raises Bad when there is no going on."""
    pack = Pack(archive, report)
    manifest, note, own = pack.manifest, pack.text("checkpoint"), read_keys(pack.text("vkeys.txt"))
    head = read_head(report, note, keys or own)
    claimed = (manifest["origin"], manifest["tree_size"], manifest["root"])
    base = f"auditlens/{manifest['log_id']}"
    if claimed != (head.origin, head.size, base64.b64encode(head.root).decode()) or manifest["as_of"] > head.size:
        report.bad("manifest.json names another origin, tree or root than the checkpoint.")
    if head.origin != base and not head.origin.startswith(f"{base}/"):
        report.bad("manifest.json names another log than the checkpoint.")
    check_rows(pack, head, report)
    tell_rows(report, manifest)
    paths = check_anchors(pack, head, keys or own, report)
    if older is not None:
        kept = read_checkpoint(older, keys or own)
        compare_older(report, kept, paths.get(kept.size))
    for name in ("VERIFY.md", "check.py"):
        if name in pack.unread and pack.read(name) != Path(__file__).read_bytes() and name == "check.py":
            report.not_proven.append("That the check.py in the file is honest: it is not this checker, byte for byte.")
    for name in sorted(pack.unread & pack.names.keys()):
        report.bad(f"{name} belongs to no row.")
    tell_limits(report)


def check_proof(text: str, keys: list[Key], older: str | None, report: Report) -> None:
    """A .tlog-proof with its row."""
    index, path, note, extra = read_proof(text)
    head = read_head(report, note, keys)
    try:
        row = read_row((extra or b"").decode())
    except UnicodeDecodeError:
        raise Bad("its extra line holds no row") from None
    if row.index != index or not check_inclusion(index, head.size, row.leaf, path, head.root):
        raise Bad(f"the row in its extra line does not stand at place {index:,} of the signed tree")
    what = ", ".join(
        f"{name} {safe(row.event[name])}" for name in ("id", "occurred_at", "category", "action", "source")
    )
    report.proven.append(
        f"This event stands in that tree at place {index:,}, as it is written in the extra line: {what}."
    )
    report.facts |= {"leaf_index": index, "leaf": row.leaf.hex(), "event": row.event}
    report.facts |= {"disclosed": {group: told[2] for group, told in row.disclosed.items()}, "erased": row.erased}
    for group in sorted(row.disclosed):
        report.proven.append(f"Its {group}: {safe(jcs(row.disclosed[group][2]), 400)}")
    hidden = sorted(GROUPS - row.disclosed.keys())
    if hidden:
        report.not_proven.append(f"What stood in the fields that are withheld or erased: {', '.join(hidden)}.")
    if older is not None:
        compare_older(report, read_checkpoint(older, keys), None)
    tell_limits(report)


def check_head(text: str, keys: list[Key], older: str | None, report: Report) -> None:
    """A checkpoint alone."""
    read_head(report, text, keys)
    if older is not None:
        compare_older(report, read_checkpoint(older, keys), None)
    tell_limits(report)


def check(file: Path, keys: Iterable[Key] = (), older: str | None = None) -> Report:
    """Checks a file by the keys; without any, a zip by the keys within. Raises WrongUse for no such file."""
    known = list(keys)
    report = Report(str(file), bool(known))
    try:
        with file.open("rb") as stream:
            start = stream.read(MOST["proof"] + 1)
    except OSError as wrong:
        raise WrongUse(f"{safe(file, 400)} can't be read: {wrong.strerror}.") from None
    try:
        if start[:2] == b"PK" or zipfile.is_zipfile(file):
            report.kind = "evidence zip"
            with zipfile.ZipFile(file) as archive:
                check_pack(archive, known, older, report)
            return report
        text = start.decode()
        is_proof = text.startswith("c2sp.org/tlog-proof")
        if len(start) > MOST["proof"] or not (is_proof or "\n\n\u2014 " in text):
            raise WrongUse(f"{safe(file, 400)} is neither an evidence zip nor a .tlog-proof nor a checkpoint.")
        report.kind = "proof of one event" if is_proof else "checkpoint"
        (check_proof if is_proof else check_head)(text, known, older, report)
    except UnicodeDecodeError:
        raise WrongUse(f"{safe(file, 400)} is neither an evidence zip nor a .tlog-proof nor a checkpoint.") from None
    except Bad as wrong:
        report.bad(f"{wrong}.")
    except UNREADABLE:
        report.bad("The zip is damaged: its list of files can't be read.")
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: prints the report, gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="check.py", description="Checks evidence of an Auditlens log, without the log."
    )
    parser.add_argument("file", type=Path, help="an evidence zip, a .tlog-proof or a checkpoint")
    parser.add_argument(
        "--key", action="append", default=[], help="the log's verifier key, as you have it from elsewhere"
    )
    parser.add_argument("--keys", type=Path, help="a file with a verifier key a line, also of witnesses")
    parser.add_argument("--checkpoint", type=Path, help="an older checkpoint that you kept: the file must continue it")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    asked = parser.parse_args(arguments)
    try:
        listed = asked.keys.read_text("utf-8") if asked.keys else ""
        older = asked.checkpoint.read_text("utf-8").rstrip("\n") + "\n" if asked.checkpoint else None
        keys = read_keys("\n".join([*asked.key, listed]))
        if (asked.key or asked.keys) and not keys:
            raise WrongUse("No verifier key was given.")
        report = check(asked.file, keys, older)
    except (WrongUse, Bad, OSError, UnicodeDecodeError) as wrong:
        sys.stderr.write(f"{safe(wrong, 600)}\n")
        return 2
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout.write(json.dumps(report.to_json(), indent=1) if asked.json else "\n".join(report.lines()))
    sys.stdout.write("\n")
    return report.exit


if __name__ == "__main__":
    sys.exit(main())
