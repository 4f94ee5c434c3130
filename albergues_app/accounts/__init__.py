"""Accounts, sessions, roles and the one table of who may do what, where."""
