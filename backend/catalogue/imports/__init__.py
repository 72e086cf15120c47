"""Imports: synchronising with a stream of snapshots, and the reports of it."""
