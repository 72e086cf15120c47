"""Suggestions of the same customer: found by the matching engine, decided by people, remembered; never automatic."""
