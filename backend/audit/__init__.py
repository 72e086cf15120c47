"""Who did or saw what, why, about whom: append-only, written in the transaction of the act. Emits no events."""
