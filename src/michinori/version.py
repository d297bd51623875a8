"""Which Michinori this is, for whoever asks without loading it."""

__version__ = "0.1.0"
