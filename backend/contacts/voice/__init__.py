"""The citizen's voice: whether the answer helped, told through the signed link in its mail."""
