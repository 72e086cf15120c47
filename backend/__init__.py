"""Onthaal's core API: one module per area of the domain, one toolbox (`kit`), composed in `app.py`."""
