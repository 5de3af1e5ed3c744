"""Who is in the network: members, their bureaus and standing, the keys that say so, and a directory's judgement."""
