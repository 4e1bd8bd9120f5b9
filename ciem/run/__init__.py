"""Start, watch and stop the embedded services as one group. Knows nothing of the apps."""
