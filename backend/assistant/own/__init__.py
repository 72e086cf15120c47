"""What citizens who are logged in need not answer: what their own file says already."""
