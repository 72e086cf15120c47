"""Trying rules out before they count: a dry run against past questions, and where one question would go."""
