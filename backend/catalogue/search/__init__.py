"""Finding products: hits, facets, snippets, "did you mean"."""
