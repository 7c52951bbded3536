"""The benchmarks: `python -m bench` measures the real commands and the real SQL, and writes docs/performance.md.

Belongs here: measuring, and input of the size to be measured made from a real release.
Does not belong here: tests (they do not time), and code that the product needs.
"""
