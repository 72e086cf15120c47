"""Digital assistant: guided questions, written by city staff, proved before they are published.

Owns flows and their versions, what has to be done about them, and how often each step was taken. A flow that is done
becomes a question through `contacts`, which keeps what was answered.
"""
