"""What leaves the system to be read by others: figures with scope and cut-off, written, signed and sealed."""
