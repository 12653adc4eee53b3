"""The dead room: letters that were given up move from the dead queues into a table, where they can be seen and mended.

It promises that every letter has exactly one row, whatever is killed when; that nothing is taken off a queue before it
is in the table; and that a letter leaves the dead only because somebody said so, whose name and reason are kept.
"""
