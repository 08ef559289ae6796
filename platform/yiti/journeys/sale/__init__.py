"""Chapters of the sale's story: gathering the home, making the documents, gathering facts, telling others, archiving."""
