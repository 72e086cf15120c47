"""A flow as a picture (Mermaid) and as an accessible list; drafts with faults too. Emits no events."""
