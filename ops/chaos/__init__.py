"""Trouble on purpose: orders on one side, faults from a seeded plan on the other, and afterwards the books are read.

``story.py`` tells a run from its first line to its verdict; ``faults/`` has everything that can go wrong.
"""
