"""What leaves the system with data of persons: exports by columns of the role, and the complete archive."""
