"""Queries: read-only SQL on one release, its state at a date, and the codes that a release knows.

Belongs here: which release answers and opening it to read, answers, and answers as files.
Does not belong here: how an answer looks on a terminal (pipelines/cli/output), and exports (export/).
"""
