"""Measurements of synthesis: `python -m bench`, or `make bench`. See docs/speed.md."""
