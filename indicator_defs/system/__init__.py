"""What every storey needs of the machine: the clock, the settings of the environment, files on a disk.

Belongs here: the one door to each of them. Does not belong here: anything about indicators, sources or releases.
"""
