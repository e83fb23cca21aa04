"""The page that opens first: numbers beside what is usual, what stands out, the newest failures."""
