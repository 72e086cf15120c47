"""Toolbox without domain words: what any module may use and that knows none of them."""
