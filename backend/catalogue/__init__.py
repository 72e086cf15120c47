"""The product catalogue: products imported from a stream of snapshots (LPDC/IPDC), the city's own fields, search.

Owns products, the fields a city adds to them (which survive every import) and the reports of imports. Emits no events;
changes are told to every process as topic `catalogue`, so that each keeps its search index up to date.
"""
