"""Electronic signatures inside PDF (PAdES baseline B), made with the operator's own key."""
