"""Drawing supervised money (用款): asked for by node, reviewed and approved by two persons, paid by the bank."""
