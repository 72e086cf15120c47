"""How often each step of a flow is taken, per day; nobody's answers, and nothing by which steps can be put together."""
