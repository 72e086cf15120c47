"""Mail that comes in: kept raw first, then read; a question, a reply, a bounce, or quarantine. Nothing is lost."""
