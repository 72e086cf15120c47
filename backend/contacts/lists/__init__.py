"""Lists of open questions: which are on it, in which order, page by page at the same cost; and how many there are."""
