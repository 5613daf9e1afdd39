"""E-mail: written with the change that causes it, sent after commit, at most once a recipient."""
