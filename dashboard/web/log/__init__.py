"""The page of the log: the bar and chips that narrow it, the table, the values beside it, the keys, the exports."""
