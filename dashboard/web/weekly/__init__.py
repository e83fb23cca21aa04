"""The page of one week beside the week before."""
