"""``python -m ops`` is the ``orderfleet`` command."""

from ops.cli import main

main()
