"""Backups of database and media files as one folder that is either whole or not there."""
