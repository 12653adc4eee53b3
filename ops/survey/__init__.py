"""The fleet as it is now: every queue and every process, and why whatever waits does so.

Nothing here needs the gateway or a worker. What cannot be asked is said to be unknown, and the rest is told.
"""

from ops.survey.survey import Survey
from ops.survey.views import FleetView, ProcessView, QueueView, RungView, WaitView

__all__ = ["FleetView", "ProcessView", "QueueView", "RungView", "Survey", "WaitView"]
