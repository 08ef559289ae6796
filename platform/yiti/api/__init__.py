"""For machines: counterparties' callbacks, health, metrics."""
