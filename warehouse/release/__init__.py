"""Releases: audited, published at once, kept, rolled back and removed.

Belongs here: the database file, the folders of releases, their manifests and their history.
Does not belong here: making the tables (build/), and reading them (query/).
"""
