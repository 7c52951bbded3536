"""Runs the graph: Dagster definitions, jobs, schedules, sensors, notices, refreshes, and the command line (cli/).

Belongs here: the work behind the commands, and the facts about a home that they show.
Does not belong here: what the assets do (assets), how figures are computed (warehouse). Only cli/ uses the command line.
"""
