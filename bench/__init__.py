"""What is measured, how, and the peers that Orderfleet is measured against."""
