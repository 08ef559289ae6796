"""Annotated copies (加注件) of certificates and proofs: for one recipient, one purpose and a limited time."""
