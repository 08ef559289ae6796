"""Chapters of the sale: gathering the home, making the papers, gathering facts, telling others, archiving."""
