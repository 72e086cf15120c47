"""Runs PostgreSQL, Redis and a mail sink as child processes, so that one command needs no server.

`places` knows the data folder, `supervisor` starts, watches and stops the parts, `cluster`, `redis` and
`mailsink` each describe one part, `processes` finds and ends what a killed run left behind.
"""


class StartError(Exception):
    """Starting is impossible; the text is what the user has to read (one line, or a line and a log excerpt)."""
