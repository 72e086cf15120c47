"""What customers who are logged in see of their own questions."""
