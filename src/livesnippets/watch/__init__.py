"""What runs inside Ray workers: lines, calls, and the trace that they write."""
