"""The lab: the report live in a browser of this machine. ``running.run`` serves it, ``app`` says what there is."""
