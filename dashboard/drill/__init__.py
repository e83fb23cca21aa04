"""The drill: attacks a copy of the log in every way that is known, and says what was found of each.

A small part of the log is copied into a scratch database. For each attack and trial, the copy is attacked by a
superuser, and verified by three observers: one who has the database and the public key only, one who also has the
sealer's memory, and one who kept copies of checkpoints elsewhere.
"""

from dashboard.drill.run import Asked, Drilled, drill

__all__ = ["Asked", "Drilled", "drill"]
