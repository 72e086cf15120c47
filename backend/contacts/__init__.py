"""Contacts, their questions, messages and timeline: the heart of the platform.

Owns the life cycle of a question and its invariants. Asks a `Placer` (given by `routing`) who owns a question and until
when. Emits `QuestionRegistered`, `QuestionForwarded`, `QuestionAnswered`, `QuestionReopened`,
`ContributionAsked`, `ContributionGiven`, `ContributionDropped`.
"""
