"""What the log says of itself: the badge on every page, and the page that says why."""
