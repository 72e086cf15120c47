"""Transactions in other applications, as those applications report them; and the customer file that shows it all.

Owns tables `application_case` and `dossier` (what Mijn Burgerprofiel was told). Emits CaseReported.
"""
