"""Everything about a customer in one document, for the customer: right of access, or to take elsewhere."""
