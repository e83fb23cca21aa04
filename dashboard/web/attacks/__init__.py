"""The page of attacks in time and place."""
