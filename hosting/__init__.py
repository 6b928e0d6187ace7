"""What the hosted site has beside its pages: Sphinx extensions of this site alone."""
