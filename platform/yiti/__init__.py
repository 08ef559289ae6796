"""The shared platform: it composes the engines into one system for a county."""
