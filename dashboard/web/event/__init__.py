"""The drawer of one event: its fields, what is around it, who else, a target's history, the comparison of several."""
