"""How trips and quotes stand, and what can be done next with them."""
