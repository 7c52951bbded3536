"""The benchmarks: `python -m bench` measures the real commands and the real SQL, and writes docs/performance.md.

Belongs here: measurements, and larger input that is made from a real release.
Does not belong here: tests (they do not measure time), and code that the product needs.
"""
