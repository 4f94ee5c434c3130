"""One module for each official format and edition: data only, standard library only."""
