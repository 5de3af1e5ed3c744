"""The rulebook: facts in, a verdict out. This room imports no other: a rule cannot know which member it judges."""
