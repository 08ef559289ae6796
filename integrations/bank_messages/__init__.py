"""Bank messages by ISO 20022: pure functions between our structs and XML; no database, no network.

`payment_orders` (pain.001), `payment_status` (pain.002), `statements` (camt.053) and `credit_notices` (camt.054) each
read and write one message; `reading` is the one door for foreign XML.
"""
