"""The commands of `payung`, a module a command named as it: options in, exit codes out.

Belongs here: options, help and exit codes. Everything heavy is imported inside the command that needs it, so that
`payung --help` is quick.
Does not belong here: what the commands do (the modules of pipelines, which never import this package), and what they show
(output/).
"""
