"""Learns the weights of customer matching from made-up draws."""
