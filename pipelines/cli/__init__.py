"""The commands of `payung`: one module for each command, with the name of the command.

Belongs here: options, help texts and exit codes. Large libraries are imported in the functions that need them, so that
`payung --help` is fast.
Does not belong here: the work of the commands (the modules of pipelines, which never import this package), and their
output (output/).
"""
