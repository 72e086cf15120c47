"""The customer file: everything at once, so that nobody tells the story twice."""
