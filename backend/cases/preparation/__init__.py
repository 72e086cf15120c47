"""What an expert needs before a talk with the customer, in one call."""
