"""Saying again what was said, after a queue or a binding was deleted: what only the broker knew is gone with it.

What was said of an order can be found again: replies stand in receipts, and everything else follows from the rows of
the room that said it. Whoever hears a message twice has a receipt for it, or finds its work done.
"""

from ops.mend.again import Said, say_again

__all__ = ["Said", "say_again"]
