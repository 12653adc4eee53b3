"""FastStream: asynchronous, one task for each message that the prefetch lets in.

Tried with ``make bench WHAT=tune ARGS=faststream``, one round, while others used 34 to 66% of the two cores,
so that only large differences mean anything. Processes x prefetch of each queue, completed orders per second:
1 x 10: 27, 2 x 1: 13, 2 x 4: 17, 2 x 10: 27, 2 x 50: 13, 3 x 10: 24. A line of log for each message is left out.
"""
