"""The search index of one process: the whole published catalogue, found as people ask for it."""
