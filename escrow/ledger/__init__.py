"""A double-entry ledger: money is never made or lost, only moved between accounts."""

from escrow.ledger.service import InsufficientFunds, KeyReused, Move, balance, balances, open_account, post

__all__ = ["InsufficientFunds", "KeyReused", "Move", "balance", "balances", "open_account", "post"]
