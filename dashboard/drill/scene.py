"""What an attacker has before him, and what he can do to it."""

import random
import shutil
from dataclasses import dataclass

from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.ledger.note import Checkpoint, sign
from dashboard.ledger.tlog import Frontier
from dashboard.record.scratch import Superuser
from dashboard.record.tree import TreeRecord


@dataclass(frozen=True, slots=True)
class Scene:
    """One copy of the log, in the hands of a superuser."""

    hands: Superuser
    log: Log  # with the sealer's folder, key included
    chance: random.Random
    size: int  # sealed events

    def any_place(self) -> int:
        """A place of the log, by chance."""
        return self.chance.randrange(self.size)

    def reseal(self, seq: int) -> None:
        """Replaces the leaf of a place by the one that its event has now."""
        found = TreeRecord(self.hands.connection).leaf_lines(seq, seq + 1)
        self.hands.run("set_leaf", seq=seq, leaf=found[0].leaf)

    def rebuild_tree(self) -> dict[int, bytes]:
        """Writes the tree of the leaves that stand there now, with the root of each seal; gives the roots by size."""
        leaves = [bytes(row[0]) for row in self.hands.rows("leaves")]
        frontier, tiles, roots = Frontier(), {}, {}
        for (size,) in self.hands.rows("seal_sizes"):
            for tile in frontier.append(b"".join(leaves[frontier.size : size])):
                tiles[tile.level, tile.number] = tile.hashes
            roots[int(size)] = frontier.root()
        self.hands.set_tree(tiles, dict(enumerate(frontier.edges)), roots)
        return roots

    def sign_again(self, roots: dict[int, bytes]) -> None:
        """Signs each head again with the stolen key."""
        folder = self.log.sealer_folder()
        signer, origin = folder.signer(), folder.state().origin
        for number, size in self.hands.rows("checkpoints"):
            note = sign(Checkpoint(origin, size, roots[size]).text, [signer])
            self.hands.run("set_checkpoint", checkpoint_no=number, root=roots[size], note=note)

    def rewrite_archive(self) -> None:
        """Has the archive written anew from what the record says now."""
        shutil.rmtree(self.log.settings.archive_location)
        with Sealer(self.log, signs=False) as sealer:
            sealer.mirror()

    def cut(self, size: int) -> None:
        """Removes everything behind the first `size` events, and signs what is left with the stolen key."""
        folder = self.log.sealer_folder()
        self.hands.run("cut_events", seq=size)
        self.hands.run("cut_places", seq=size)
        self.hands.run("forget_keys")
        sizes = [row[0] for row in self.hands.rows("seal_sizes")]
        above = min(kept for kept in sizes if kept >= size)  # this seal is made to state the new size
        self.hands.run("cut_seals", size=above)
        self.hands.run("cut_checkpoints", size=above)
        leaves = [bytes(row[0]) for row in self.hands.rows("leaves")]
        frontier = Frontier()
        frontier.append(b"".join(leaves))
        self.hands.run("shorten_last_seal", size=size, root=frontier.root())
        note = sign(Checkpoint(folder.state().origin, size, frontier.root()).text, [folder.signer()])
        self.hands.run("shorten_last_checkpoint", size=size, root=frontier.root(), note=note)
        self.rebuild_tree()
