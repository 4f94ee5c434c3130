"""One list of commitments for the whole system, whatever they were made in."""
