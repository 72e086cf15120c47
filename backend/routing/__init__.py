"""Who owns a question and until when: placement, deadlines in business hours, worklists, the verbs of ownership.

Owns service levels per department and sets of routing rules. Implements the `Placer` of `contacts`; changes are told
as topic `routing`.
"""
