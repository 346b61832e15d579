"""The command line: `chaingraph COMMAND`.

A command is a module with one `Command`; `main` lists them. What a command prints is for people, unless its
arguments ask for JSON. It ends with 0 when it did what was asked, 1 when it was refused or failed, 2 when it
was used wrongly.
"""
