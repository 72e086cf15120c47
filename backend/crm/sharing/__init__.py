"""Sub-resource: whether a customer lets Mijn Burgerprofiel show how questions and cases stand; with its source."""
