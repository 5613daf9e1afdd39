"""Measurements of the product beside peers and limits. Each module is a command with --help."""
