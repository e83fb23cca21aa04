"""Auditlens: a provable audit log and the dashboard over it. The README says which folder holds what."""
