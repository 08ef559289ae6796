"""The register book (登记簿): append-only, and guarded by the database itself."""
