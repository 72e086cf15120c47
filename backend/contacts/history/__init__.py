"""Contacts, questions and messages of a customer's file, for the history that `cases` shows."""
