"""Reconciliation (对账): every day the book is compared with the bank's statement, account by account."""

from escrow.reconciliation.differences import open_differences

__all__ = ["open_differences"]
