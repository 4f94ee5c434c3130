"""Who is inside, since when, and what we knew of it: the ledger of movements and what is derived from it."""
