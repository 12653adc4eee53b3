"""How messages travel: the envelope, the topology they travel through, and their place inside a transaction."""
