"""The product catalogue: what citizens can ask the city for, found as people ask for it.

Products come from streams of snapshots (LPDC/IPDC, `sources` and `imports`); the city adds fields of its own
(`editing`, `history`) that survive every import; `index`, `engines` and `search` find them, with the synonyms of
`vocabulary` and `synonyms`; `publication` gives them to others as a stream of our own.

Emits no events; changes are told to every process as topic `catalogue`, so that each keeps its search index up to date.
"""
