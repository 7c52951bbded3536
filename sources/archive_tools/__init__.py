"""Tools for the archive that ships with the project: building it from gathered data, and adding downloaded files.

Belongs here: code for maintainers of the archive. Does not belong here: reading the archive (shipped_archive.py).
"""
