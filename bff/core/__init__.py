"""The core API as the channels see it: transport, tokens, typed calls, problems, and how a channel becomes one.

A channel calls the core over HTTP or inside the process; guards, audit and validation of the core apply either way.
"""
