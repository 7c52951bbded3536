"""Servers on 127.0.0.1 that answer like the providers: NAME.py answers like the provider of that name.

Belongs here: the data that a provider publishes, and faults of the provider and the network (servers.py).
Does not belong here: samples for the parsers (tests/sources/samples).
"""
