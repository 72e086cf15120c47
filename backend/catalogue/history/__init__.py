"""What happened to a product: by editors and by imports, who, when, why, from what to what. Only added to."""
