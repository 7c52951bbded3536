"""Releases: publishing, verifying, restoring by rollback and removing them.

Belongs here: the database file, the folders of releases, their manifests and their history.
Does not belong here: making the tables (build/), and reading them (query/).
"""
