"""Proofs and certificates (证明, 证书): content frozen at booking, then rendered, sealed, stored and verifiable."""
