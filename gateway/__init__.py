"""The thin HTTP door: one file per resource, no business rules; taking an order never touches the broker."""
