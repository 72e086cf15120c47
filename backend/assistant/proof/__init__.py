"""The proof of a flow before people can take it: faults, coverage, named tests, what a new version changes."""
