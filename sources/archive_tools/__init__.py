"""Tools for the archive that ships with the project: building it from gathered data, and adding downloaded files.

Belongs here: what only the makers of the archive use. Does not belong here: reading the archive (shipped_archive.py).
"""
