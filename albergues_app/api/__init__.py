"""The API that other programs automate against: ``v1`` is contrato-api.md, word for word."""
