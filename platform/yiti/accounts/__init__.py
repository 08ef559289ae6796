"""Organisations, users, roles, sessions: who is signed in, and what they may do."""
