"""The samples of the providers: NAME.py has a class `Sample` and is found by its name.

Belongs here: data of one provider for the shared tests. Does not belong here: tests (tests/sources/providers).
"""
