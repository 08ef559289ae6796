"""Loans where they meet contracts, the register and the building table."""
