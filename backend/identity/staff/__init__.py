"""Who works where, who leads, and who stands in for whom today."""
