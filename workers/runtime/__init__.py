"""What every room stands on: how a message is taken, handled, answered and, when something fails, kept."""
