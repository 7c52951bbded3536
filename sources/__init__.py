"""Where the data come from: asking providers, keeping what they sent, and reading it.

Belongs here: one module and one YAML file per provider, the snapshot store, and the shipped archive.
Does not belong here: what figures mean (indicator_defs) and how they are kept and computed (warehouse).
"""
