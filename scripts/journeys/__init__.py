"""The journey of a question (design 1) against a running platform: over HTTP only, every mail read back, all checked.

`__main__` puts the chapters in order; each chapter is one module with one public function.
"""
