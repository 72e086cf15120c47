"""Letters to customers: plain-Dutch templates, sending over SMTP, and the dead letters that need a person.

Owns no tables: what must leave waits in the outbox of the kit. Emits no events.
"""
