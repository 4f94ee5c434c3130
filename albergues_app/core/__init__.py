"""The kernel: database, clock, ids, errors, text, keys, unit of work. Knows nothing of shelters."""
