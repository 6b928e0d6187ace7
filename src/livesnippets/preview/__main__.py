"""``python -m livesnippets.preview``."""

if __name__ == "__main__":  # each warm process imports this file, but needs none of the rest
    import sys

    from livesnippets.preview.app import main

    sys.exit(main())
