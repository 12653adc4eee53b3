"""Account: who orders. An email address belongs to one user, whatever its case and however many ask at once."""
