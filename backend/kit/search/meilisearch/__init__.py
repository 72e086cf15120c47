"""Meilisearch as search engine: settings and documents as code, one federated request per search, its upkeep.

Searching needs `reader` and `client`, and a key that can search. Only `administration` (and `upkeep`, which uses it)
can do more: for a worker or a command, never for a request.
"""
