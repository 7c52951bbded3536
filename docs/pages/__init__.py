"""The pages of docs/ that are made: one module for each page, or for each folder of pages.

Belongs here: what stands in the tables of a page, and the words of pages that are made whole. A module's function
`pages` returns the text of each of its pages by the path below docs/; it takes a release where it needs one.
Does not belong here: writing and checking the files (docs/make.py), the text around the tables, which people write, and
performance.md (bench).
"""
