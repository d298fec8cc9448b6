"""`python -m tiza`: the command line."""

from tiza.cli.main import main

main()
