"""Who is who: possible duplicates, joining two records of one human being, and who looked at whose data."""
