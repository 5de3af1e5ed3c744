"""The demonstration network: a secretariat and two bureaus as real processes, with invented people and data."""
