"""The ledger of deliveries: which municipality or shelter received which format, in which edition."""
