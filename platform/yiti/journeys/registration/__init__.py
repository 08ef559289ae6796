"""The registration journey: from the application at a window or online to the book, the certificate and the archive."""
