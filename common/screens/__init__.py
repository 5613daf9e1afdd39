"""What every screen of the admin has beside its form: history, search, export, import, help."""
