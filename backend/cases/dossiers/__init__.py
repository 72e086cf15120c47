"""Sub-resource: what Mijn Burgerprofiel was told about a question or a case, and what came of it."""
