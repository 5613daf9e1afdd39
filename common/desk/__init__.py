"""The head of a record's page: how it stands, why, and what can be done next."""
