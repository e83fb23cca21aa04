"""The drawer of one event: its fields, what is around it, who else, its target's history, and the comparison of several."""
