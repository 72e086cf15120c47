"""Benchmarks: each starts its own PostgreSQL, Redis and API processes, loads them from another process, prints JSON.

Absolute figures belong to the machine named in the output; ratios to `floor` (the same rows in one asyncpg statement
behind a bare Litestar handler, measured in the same run) hold elsewhere.
"""
