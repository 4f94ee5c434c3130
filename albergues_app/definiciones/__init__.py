"""Formats that an administrator defines, and what the institution adds to any format: its number and its own paper."""
