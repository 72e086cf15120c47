"""Questions of who is not there: to the replacement, back to the department, or to the contact centre."""
