"""``python -m michinori``: the same as the command ``michinori``."""

from michinori.cli import main

if __name__ == "__main__":
    main()
