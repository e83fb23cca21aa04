"""Questions about the log: an `EventFilter` narrows `events`, one file of `queries/views/` says the rest."""
