"""Who signs in, what their role lets them do, and the record of what they did."""
