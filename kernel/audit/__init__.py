"""The audit log: append-only, hash-chained per county (自然资办函〔2020〕1355号 §五(二)4; kept at least one year)."""

from kernel.audit.sealer import Head, Verification, head, seal_batch, verify_chain
from kernel.audit.service import audit

__all__ = ["Head", "Verification", "audit", "head", "seal_batch", "verify_chain"]
