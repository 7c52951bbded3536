"""The providers: NAME.yaml says who a provider is and what it publishes, NAME.py reads and asks it.

Belongs here: everything that is true of one provider only.
Does not belong here: what is true of several (the modules of sources). Nothing outside this folder names a provider.
"""
