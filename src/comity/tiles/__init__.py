"""The ledger's files, which are its store: tiles, entry bundles, contents, segments, and who moves entries there.

One folder a period, laid out as C2SP tlog-tiles has it, with ``contents/`` beside ``tile/``.
"""
