"""`python -m albergues_app.cli`: the same command, for a child process of our own."""

from albergues_app.cli import program

program()
