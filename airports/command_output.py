"""What the commands of this app print."""

MOST_SHOWN = 20
