"""Things that examples may name, because every stack is seeded with them."""

from ops import seed

USER, DRAFT = str(seed.USER), str(seed.DRAFT)
PRODUCT, OTHER_PRODUCT, *_ = map(str, seed.PRODUCTS)
AGENT, *_ = map(str, seed.AGENTS)

BY_PATH = {"/orders": DRAFT, "/products": PRODUCT, "/users": USER, "/agents": AGENT}
"""Which thing an address is tried with."""
