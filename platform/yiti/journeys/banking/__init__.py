"""Banks: what goes to them as messages or files, and what their documents mean for the book."""
