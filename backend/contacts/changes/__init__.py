"""What changed on the screens of a person, told at once."""
