"""Official formats: one definition, every output. See docs/formatos/."""
