"""What the secret parts of our links and addresses are for."""

PURPOSE = "client_management.share"
REPLY = "client_management.reply"
LONGEST = 64
