"""Taking a flow: what a citizen is asked, where it leads to, and asking the city what is left."""
