"""Live channels: what happens now, pushed to browsers over Server-Sent Events through Redis."""
