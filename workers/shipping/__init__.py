"""Shipping: a paid order is prepared by the least busy agent, dispatched, and delivered, once and in that order.

It decides whether a cancel comes in time: until it has left, an order can be stopped, and what is stopped never leaves.
What a carrier reports moves a shipment forward or not at all, and every report stays in its history.
"""
