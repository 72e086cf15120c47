"""Products: reading, finding, texts for mails, the fields of the city."""
