"""Questions: the page of one, the verbs of its life, the lists others build on."""
