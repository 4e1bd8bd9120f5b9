"""Grantpath's engine: who can reach what, through which grants, and how sure that is."""
