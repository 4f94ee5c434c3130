"""One module for each output of a format: screen, JSON Schema, Excel in and out, PDF."""
