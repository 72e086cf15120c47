"""A customer and a question, each with what a screen shows beside it, in one call and few statements."""
