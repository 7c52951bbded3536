"""Access to the machine for all packages: the clock, the environment variables, files on disk.

Belongs here: the only code that uses each of them directly.
Does not belong here: anything about indicators, sources or releases.
"""
