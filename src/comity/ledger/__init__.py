"""The ledger's values: entries, the Merkle tree over them, signed checkpoints, proofs.

Pure: bytes and values in, values out. Where the bytes lie is ``tiles``.
"""
