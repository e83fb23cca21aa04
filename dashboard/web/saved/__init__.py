"""What a reader keeps of his own: views of the log, and what he opens with."""
