"""What of a question, told now or in the past, decides where it goes."""
