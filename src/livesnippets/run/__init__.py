"""The test run: pytest's plugin, Ray's cluster and jobs, and how their traces become evidence."""
