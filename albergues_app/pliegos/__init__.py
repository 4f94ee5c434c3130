"""Paper that has its number before anybody writes on it: batches of blanks, and what became of each folio."""
