"""The Sphinx extension: directives, stamps, and the audit of the finished pages."""
