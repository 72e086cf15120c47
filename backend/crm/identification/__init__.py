"""Whom an identity provider's official number stands for here; nobody is ever made by it."""
