"""The histories of the tables: one per room, so that a room's database can move to a server of its own."""
