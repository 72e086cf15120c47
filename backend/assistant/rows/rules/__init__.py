"""Rows to a condition (`compose`), a condition to rows (`rows_of`), rows in words (`in_words`). Pure: no I/O."""

from backend.assistant.rows.rules.checking import faults
from backend.assistant.rows.rules.composing import MOST_CHARACTERS, compose
from backend.assistant.rows.rules.reading import rows_of
from backend.assistant.rows.rules.shape import (
    OPERATORS,
    TODAY_WORD,
    WORDS,
    Cluster,
    Group,
    Kind,
    Match,
    Operator,
    Row,
    RowFault,
    RowsRefused,
)
from backend.assistant.rows.rules.subjects import Subject, short, subjects
from backend.assistant.rows.rules.wording import compared_in_words, in_words

__all__ = [
    "MOST_CHARACTERS",
    "OPERATORS",
    "TODAY_WORD",
    "WORDS",
    "Cluster",
    "Group",
    "Kind",
    "Match",
    "Operator",
    "Row",
    "RowFault",
    "RowsRefused",
    "Subject",
    "compared_in_words",
    "compose",
    "faults",
    "in_words",
    "rows_of",
    "short",
    "subjects",
]
