"""Imports: what was received, what was read from it, what was not, and the estate graph made of it."""
