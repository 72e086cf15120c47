"""Out of office: who is not there from when until when, and who stands in."""
