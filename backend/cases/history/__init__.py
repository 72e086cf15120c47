"""The history of a customer in one call, newest first; what each module knows of it is put together here."""
