"""What the tests stand on: real servers, fresh places on them, and assertions that wait."""
