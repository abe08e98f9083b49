"""`python -m regulars` is the command line."""

from regulars.cli.app import main

if __name__ == "__main__":
    main()
