"""Begins a pattern or an idea of one; `make new` runs it, and nothing imports it but its test."""
