"""Mails that would never leave: pending without anything that sends them, or given up."""
