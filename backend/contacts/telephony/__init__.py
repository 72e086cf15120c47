"""Calls that ring: the switchboard says who calls whom, the colleague sees who that may be."""
