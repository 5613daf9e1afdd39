"""What the product is measured against. Not part of the product."""
