"""Attachments: files of questions, kept encrypted, scanned before anybody gets them, given out under a safe name."""
