"""Order: what was ordered, how far it has come, and everything that was heard of it.

Promises: an order moves forward only, whatever order its messages arrive in; an end is final; every message heard
about it stands in its history, also those that moved nothing.
"""
