"""Editors: change the city's own fields of a product, look first, bring back how it was, see what is hidden."""
