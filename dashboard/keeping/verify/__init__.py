"""Verification: whether the log is what was sealed, and where it is not.

    report = verify(log)
    report.is_sound, report.covered, report.findings

Each row is hashed again and compared with the tree's leaves (`rows`, `archived`), the tree is climbed again from its
leaves and compared with every root that was ever stated, in the database and outside (`tree`, `signatures`), and the
catalogue is compared with what the migrations make (`guards`). `verdict` says from all that what happened.
"""

from dashboard.keeping.verify.keeping_reports import keep
from dashboard.keeping.verify.passes import Progress, verify
from dashboard.keeping.verify.watch import Watch

__all__ = ["Progress", "Watch", "keep", "verify"]
