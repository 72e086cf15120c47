"""What became of a customer's file: facts, representations and merges, for the history that `cases` shows."""
