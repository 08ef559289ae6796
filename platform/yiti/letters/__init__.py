"""Letters of the registration agency: numbered, frozen, rendered, sealed, verifiable by anybody who holds one."""
