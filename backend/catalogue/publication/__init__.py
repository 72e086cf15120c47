"""Our catalogue as a stream of snapshots (LDES) that the LPDC, or another city, reads; and the outbox effect for it."""
