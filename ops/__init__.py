"""The operator's toolbox: starting, watching and stopping a fleet, and everything it stands on."""
