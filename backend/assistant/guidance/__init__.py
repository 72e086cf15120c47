"""A flow on one screen of an agent who clarifies a question with a customer, and what the question keeps of it."""
