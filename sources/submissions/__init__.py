"""Submissions of Member States: the files in the inbox, and the snapshots made of them.

Belongs here: the inbox, and storing its files as snapshots.
Does not belong here: the format of the files (the module of the provider with `fed_by: inbox`), downloads, and whether
codes and indicators exist (warehouse).
"""
