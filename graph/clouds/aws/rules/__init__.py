"""The rule language of AWS: what techniques and harms are written in, and how it is answered for everybody at once."""
