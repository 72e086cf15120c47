"""Messages of a question: kept with it, and sent by mail through the outbox."""
