"""Files that come in and go out: tables of any kind, lists of sites, a person's own workbook."""
