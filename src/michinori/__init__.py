"""Michinori: the whole way from a typed URL to the drawn page, in real bytes at every layer."""
