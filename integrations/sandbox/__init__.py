"""A separate process that plays all counterparties over real HTTP, with faults that can be switched on.

For development and tests only: it holds the counterparties' private keys, and refuses to start in production.
"""
