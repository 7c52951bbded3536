"""What a Member State hands in: files that are put into the inbox, and the snapshots made of them.

Belongs here: the inbox, and taking a file in.
Does not belong here: the format of the files (the module of the provider that the inbox feeds), fetching, and whether
codes and indicators exist (warehouse).
"""
