"""The fleet: independent rooms, each with its own tables, queues and promises."""
