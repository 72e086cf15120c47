"""Appointments with an expert: made in an appointment system of others, linked to the question, told by mail."""
