"""The commands of `payung`, a module for each subject: options in, messages out.

Belongs here: options, help, exit codes and the words of a command. Everything heavy is imported inside the command
that needs it, so that `payung --help` is quick.
Does not belong here: what the commands do (the modules of pipelines beside this folder), and the group (main.py).
"""
