"""The relay: what stands in an outbox reaches the broker, at least once, whoever is killed on the way."""
