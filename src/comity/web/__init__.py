"""The pages: HTML made here, that works without script. Thin: every act goes to the node."""
