"""What must be true of every question (design 3 and 6), checked on a live database."""
