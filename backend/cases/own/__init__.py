"""What customers who are logged in see of their cases, and of who used their data."""
