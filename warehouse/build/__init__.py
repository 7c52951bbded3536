"""Building: makes the tables of one build, from staged rows to baseline, and runs the checks on them.

Belongs here: the engine that runs warehouse/sql, staging, and the checks of warehouse/checks.
Does not belong here: publishing a build (release/), and comparing it with another one (compare/).
"""
