"""Transactions in other applications, as those applications report them; and the customer file that shows it all.

Owns table `application_case`. Emits no events yet.
"""
