"""The command line: officers talk to a node's API with it, and operators build and run nodes."""

from comity.cli.program import app, main

__all__ = ["app", "main"]
