"""Saved views: a worklist with filters and order under a name, of one person or shared with a department."""
