"""How AWS decides: one request at a time, and everybody at once."""
