"""The sink that is a branch of a git repository, against real ones."""

import base64
import os
import subprocess
from pathlib import Path

import pytest

from dashboard.config import Settings
from dashboard.errors import UnreachableError
from dashboard.ledger.sinks import ContradictionError, git_remote, parse
from dashboard.ledger.sinks.git_remote import GitSink
from tests.ledger.growing import ORIGIN, Tree
from tests.ledger.servers import Answer, Asked, http_server, silent_server

SECRET = "s3cret/Pa55+x"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", "/nonexistent")  # a hook that starts us sets it


def git(folder: Path, *words: str, stdin: bytes | None = None) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(folder), *words]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(command, input=stdin, capture_output=True, check=True, env=environment)
    return done.stdout.decode()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository that, like a good host, lets nobody rewrite or delete a branch."""
    folder = tmp_path / "remote.git"
    folder.mkdir()
    git(folder, "init", "--quiet", "--bare")
    git(folder, "config", "receive.denyNonFastForwards", "true")
    git(folder, "config", "receive.denyDeletes", "true")
    return folder


def sink_of(remote: Path, home: Path, more: str = "") -> GitSink:
    found = parse(f"git+file://{remote}{more}#audit", Settings(home=home))
    assert isinstance(found, GitSink)
    return found


def test_each_checkpoint_is_a_commit_on_top_of_the_last(remote: Path, tmp_path: Path) -> None:
    sink, tree = sink_of(remote, tmp_path), Tree(5000)
    first, second = tree.sending(300), tree.sending(5000)
    receipt = sink.publish(first)
    assert receipt["commit"] == git(remote, "rev-parse", "audit").strip()
    assert receipt["path"] == f"checkpoints/000/00000000000000000300-{first.checkpoint.root.hex()[:8]}"
    assert str(sink.publish(second)["path"]).startswith("checkpoints/005/")
    assert git(remote, "show", "audit:checkpoint") == second.note
    assert git(remote, "log", "--format=%s", "audit").splitlines() == [
        f"{sending.checkpoint.size} {sending.checkpoint.root.hex()}" for sending in (second, first)
    ]
    assert list(sink.copies()) == [second.note, first.note]


def test_an_unchanged_head_is_a_commit_too_so_that_it_is_dated(remote: Path, tmp_path: Path) -> None:
    sink, sending = sink_of(remote, tmp_path), Tree(3).sending(3)
    first, again = sink.publish(sending), sink.publish(sending)
    assert first["commit"] != again["commit"]
    assert git(remote, "diff", str(first["commit"]), str(again["commit"])) == ""


def test_a_later_tree_goes_below_its_number(remote: Path, tmp_path: Path) -> None:
    sink = sink_of(remote, tmp_path)
    sink.publish(Tree(9).sending(9))
    assert str(sink.publish(Tree(4, origin=f"{ORIGIN}/2").sending(4))["path"]).startswith("2/checkpoints/000/")
    assert sum(1 for _ in sink.copies()) == 2


def test_tiles_are_pushed_as_they_grow_and_partial_ones_go_when_full(remote: Path, tmp_path: Path) -> None:
    sink, tree = sink_of(remote, tmp_path, "?tiles=1"), Tree(600)
    receipt = sink.publish(tree.sending(300))
    assert receipt["tiles"] == 300
    sink.publish(tree.sending(600, last=receipt, last_size=300))
    files = git(remote, "ls-tree", "-r", "--name-only", "audit").splitlines()
    tiles = [name for name in files if name.startswith("tile/")]
    assert tiles == ["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/1", "tile/1/000.p/2"]
    shown = subprocess.run(["git", "--git-dir", remote, "show", "audit:tile/0/001"], capture_output=True, check=True)
    assert shown.stdout == tree.read(0, 1, 256)
    with pytest.raises(ContradictionError, match="the one of 600 leaves there; they differ from leaf 5 on"):
        sink.publish(Tree(600, changed=(5,)).sending(600))


def test_two_hosts_may_push_one_after_the_other(remote: Path, tmp_path: Path) -> None:
    tree = Tree(9)
    sink_of(remote, tmp_path / "a").publish(tree.sending(5))
    sink_of(remote, tmp_path / "b").publish(tree.sending(7))
    sink_of(remote, tmp_path / "a").publish(tree.sending(9))
    assert len(git(remote, "rev-list", "audit").splitlines()) == 3


def test_a_branch_that_was_rewritten_is_said(remote: Path, tmp_path: Path) -> None:
    sink, tree = sink_of(remote, tmp_path), Tree(9)
    first = sink.publish(tree.sending(5))
    sink.publish(tree.sending(7))
    git(remote, "update-ref", "refs/heads/audit", str(first["commit"]))
    with pytest.raises(ContradictionError, match="the branch no longer holds what was pushed to it"):
        sink.publish(tree.sending(9))
    git(remote, "update-ref", "-d", "refs/heads/audit")
    with pytest.raises(ContradictionError, match="no longer holds"):
        sink.publish(tree.sending(9))


def test_a_checkpoint_that_a_later_commit_deletes_is_given_back_all_the_same(remote: Path, tmp_path: Path) -> None:
    sink, tree = sink_of(remote, tmp_path), Tree(9)
    sink.publish(tree.sending(5))
    work = tmp_path / "work"
    git(tmp_path, "clone", "--quiet", "--branch", "audit", str(remote), str(work))
    git(work, "rm", "--quiet", "-r", ".")
    git(work, "commit", "--quiet", "-m", "tidy")
    git(work, "push", "--quiet")
    assert list(sink.copies()) == [tree.sending(5).note]


def test_a_repository_without_the_branch_has_no_copies(remote: Path, tmp_path: Path) -> None:
    assert list(sink_of(remote, tmp_path).copies()) == []


def test_a_repository_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    sink = sink_of(tmp_path / "none.git", tmp_path)
    with pytest.raises(UnreachableError, match="git ls-remote failed"):
        sink.publish(Tree(3).sending(3))
    with pytest.raises(UnreachableError, match="git ls-remote failed"):
        list(sink.copies())


def test_a_push_that_is_refused_is_an_error_and_tried_anew(remote: Path, tmp_path: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    sink, tree = sink_of(remote, tmp_path), Tree(3)
    with pytest.raises(UnreachableError, match="not today"):
        sink.publish(tree.sending(3))
    hook.unlink()
    sink.publish(tree.sending(3))
    assert len(git(remote, "rev-list", "audit").splitlines()) == 1


def test_a_password_reaches_the_server_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the command line, which everybody on the machine can read, and not the error."""
    commands: list[list[str]] = []
    popen = subprocess.Popen

    def watched(command: list[str], *rest: object, **more: object) -> object:
        commands.append(command)
        return popen(command, *rest, **more)  # type: ignore[call-overload]

    def refuse(_: Asked) -> Answer:
        return 401, "text/plain", b"who?"

    monkeypatch.setattr(git_remote.subprocess, "Popen", watched)
    with http_server(refuse) as (place, asked):
        sink = parse(f"git+http://me:s3cret%2FPa55%2Bx@{place}/log.git", Settings(home=tmp_path))
        with pytest.raises(UnreachableError, match="git ls-remote failed") as wrong:
            sink.publish(Tree(3).sending(3))
    sent = [one.headers["authorization"] for one in asked if "authorization" in one.headers]
    assert base64.b64decode(sent[0].removeprefix("Basic ")).decode() == f"me:{SECRET}"
    kept = [path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file()]
    for text in [str(wrong.value), repr(sink), *(" ".join(command) for command in commands), *kept]:
        assert "s3cret" not in text


def test_a_server_that_says_nothing_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_remote, "TIMEOUT_S", 0.5)
    with silent_server() as place:
        sink = parse(f"git+http://{place}/log.git", Settings(home=tmp_path))
        with pytest.raises(UnreachableError, match="git ls-remote did not end within"):
            sink.publish(Tree(3).sending(3))
