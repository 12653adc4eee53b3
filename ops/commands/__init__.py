"""The words of the ``orderfleet`` command."""
