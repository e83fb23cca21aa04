"""Evidence that whoever doubts can check without us: the proof of one event, and a zip of many with all they need."""

from dashboard.export.evidence.heads import NotSignedYet
from dashboard.export.evidence.one import prove
from dashboard.export.evidence.pack import Evidence, evidence_name, write_evidence
from dashboard.export.evidence.rows import chosen_groups

__all__ = ["Evidence", "NotSignedYet", "chosen_groups", "evidence_name", "prove", "write_evidence"]
