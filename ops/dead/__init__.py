"""Mending dead letters, for whoever asks: the command line and HTTP do the same, by the same rules.

A letter leaves the dead once, whoever else asks for it; it goes back through the outbox, to the one queue it came from,
as a first attempt; and who did it, and why, is written down in the same transaction.
"""
