"""The samples of the providers: NAME.py has a class `Sample` and is found by its name.

Belongs here: what the shared tests need of one provider. Does not belong here: tests (tests/sources/providers).
"""
