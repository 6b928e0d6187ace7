"""What a raylet runs to start a worker, in a folder of its own: Python puts that on its path."""
