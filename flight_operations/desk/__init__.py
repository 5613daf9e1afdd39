"""How a drone operation stands, and what can be done next with it."""
