"""Which customers may be the same: keys, compact profiles, explained scores. Owns `match_*`. Emits no events."""
