"""The web shell: factory, base template, errors, navigation, search, security headers."""
