"""Who orders: a crowd that never pauses, and a trickle at a steady pace. Both outside the measured processes."""
