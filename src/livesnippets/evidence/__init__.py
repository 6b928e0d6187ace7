"""Evidence: what a run of the tests leaves behind, how it is kept, and what it is worth."""
