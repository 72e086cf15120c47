"""Who is linked to a customer, what of a contact is shown to whom, and breaking the glass."""
