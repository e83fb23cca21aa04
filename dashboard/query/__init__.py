"""Questions about the log: an `EventFilter` narrows the relation `events`, one file of `queries/views/` says the rest."""
