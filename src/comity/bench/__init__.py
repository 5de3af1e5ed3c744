"""Measurements: our figure beside a reference's of the same run, since machines differ."""
