"""Orders of every kind through HTTP, watched to their end, and told as a person would want to read it."""
