"""What the analysis found: attack paths with a life, and the lists beside them."""
