"""Questions about an estate graph. Every function takes plain values and returns plain values."""
