"""The cloud scopes that this organisation looks at, and who may see them."""
