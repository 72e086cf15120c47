"""Whose question a mail is: customers with the sender's address are suggested, a person decides."""
