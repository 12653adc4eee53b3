"""Payment: decides whether an order is paid, and charges it once.

The intent to charge is on disk before the provider is asked, and the provider is asked with the order as the key; so
whatever crashes in between, asking again takes no second payment. A provider that never answers ends as a failed
payment, and whatever it may have taken is reversed. What was taken for an order that ends without it is given back,
once; a refund that keeps failing waits for an operator, and is never forgotten. What somebody pays or gives back by
hand holds like what the provider does, and nobody pays twice for it.
"""
