"""What else is measured: what was tuned, how Orderfleet scales, and whether its cost grows with what it holds."""
