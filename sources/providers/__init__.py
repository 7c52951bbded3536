"""The providers: NAME.yaml describes a provider and its datasets, NAME.py has its requests and its parser.

Belongs here: everything about one provider only.
Does not belong here: what several providers share (the modules of sources). Nothing outside this folder names a provider.
"""
