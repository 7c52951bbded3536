"""WHEN and WITH WHAT: definitions, jobs, schedules, and the command line.

Does not belong here: what the assets do (assets) and how figures are computed (warehouse).
"""
