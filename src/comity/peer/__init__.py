"""Node to node: what crosses a line, and who is at its other end."""
