"""Stock: what is on the shelves, and for whom it is held.

Promises: never more reserved than there is, whatever arrives at once; an order is held once, and what was held for it
leaves the house once or is for sale again, also when its cancel comes first; what is held by hand stands in no order's
way, and ends by itself; every change of what is on hand is a row in the ledger; that a product runs low, or out, is
said once.
"""
