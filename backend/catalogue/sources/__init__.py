"""Sources: streams of snapshots that the worker synchronises on a schedule."""
