"""For tests: scripts that say what must be on the wire, and a pytest plugin that collects them.

Nothing is imported here, so that pytest starts no slower for having the plugin.
"""
