"""Celery: a pool of processes, one message at a time in each.

Tried with ``make bench WHAT=tune ARGS=celery``, not to its end, while others used much of the two cores. Processes x
prefetch, completed orders per second: 2 x 1: 12, 2 x 4: 14; and 4 x 4, in a run of its own: 21.
"""
