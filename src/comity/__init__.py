"""Police cooperation between states that do not have to trust each other."""
