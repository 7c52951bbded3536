"""Queries: read-only SQL on one release or on its values as of a date, and finding codes of a release.

Belongs here: choosing and opening the release, running queries, writing results as files.
Does not belong here: showing results on a terminal (pipelines/cli/output), and exports (export/).
"""
