"""Servers on 127.0.0.1 that answer as the providers do: NAME.py answers as one provider, found by its name.

Belongs here: what a provider publishes, and the ways in which it and the line fail (servers.py).
Does not belong here: samples for the parsers (tests/sources/samples).
"""
