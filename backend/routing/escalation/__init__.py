"""The chain of an open question: a reminder, then assignee, team lead and head, until there is an answer."""
