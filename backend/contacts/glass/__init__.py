"""Breaking the glass for a customer or a question: what it opens, and the notice to the auditors."""
