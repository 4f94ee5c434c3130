"""Night shelters of the cold season: persons and nights, who came back, and who was not received (dominio.md 2.4.23)."""
