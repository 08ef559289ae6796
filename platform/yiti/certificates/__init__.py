"""Certificates and proofs (证书, 证明): content frozen at booking, then rendered, sealed, stored and verifiable."""
