"""Shipping: a paid order is prepared by the least busy agent, dispatched, and delivered, once and in that order."""
