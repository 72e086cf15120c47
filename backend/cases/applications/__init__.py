"""Cases as other applications report them."""
