"""Group mailboxes: addresses whose mail becomes questions, brought by a mail server (LMTP, SMTP) or fetched (IMAP)."""
