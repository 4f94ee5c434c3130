"""The two-person rule: what one account asks and a different one approves, once."""
