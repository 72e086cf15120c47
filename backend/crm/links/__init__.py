"""Customers that people linked into one file: merges with preview and undo. Emits CustomersMerged, CustomersSplit."""
