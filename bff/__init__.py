"""Backends-for-frontends: the layer between a front end and the core API; never imports `backend`."""
