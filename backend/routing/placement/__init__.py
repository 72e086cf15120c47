"""Finding the owner and the deadline of a question."""
