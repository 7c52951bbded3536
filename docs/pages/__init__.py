"""The generated pages of docs/: one module for each page.

Belongs here: the tables of a page, and the text of pages that are generated whole. The function `pages` of a module returns
the text of each of its pages by the path in docs/.
Does not belong here: writing and checking the files (docs/make.py), the text around the tables, performance.md (bench), and
pages that need a release (warehouse/export/docs/).
"""
