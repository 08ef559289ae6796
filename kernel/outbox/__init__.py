"""What must happen after a commit: written in the same transaction, delivered at least once, parked when hopeless."""

from kernel.outbox.registry import Event, Park, handles
from kernel.outbox.service import emit

__all__ = ["Event", "Park", "emit", "handles"]
