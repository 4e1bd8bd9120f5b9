"""Asking AWS itself: the calls, and the rights that they need."""
