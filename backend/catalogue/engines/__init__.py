"""Which search engine answers: Meilisearch when the city has one, the embedded engine otherwise and when it is away."""
