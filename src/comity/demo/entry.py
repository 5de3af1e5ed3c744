"""The story's chapter about the ledger's entries."""

import shutil
from typing import Final

from comity.config import read_config
from comity.demo.chapters import Story, expect
from comity.keyring import Keyring
from comity.ledger.checkpoint import VerifierKey, key_name_of
from comity.members.keys import parse_keys
from comity.plug import StoryPart
from comity.tiles.paths import contents_path
from comity.tiles.reading import verify_ledger


def one_byte(story: Story) -> None:
    """One changed byte in an entry of a copy of the ledger is found, and the entry named."""
    config = read_config(story.network.folder / "LT" / "node.toml")
    copy = story.network.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(config.path("data") / "ledger", copy)
    key = Keyring(parse_keys(config.path(config.keys).read_bytes())).signer("ledger").public
    verifier = VerifierKey(key_name_of(config.network, config.code), key)
    expect(not verify_ledger(copy, config.network, config.code, verifier).findings, "the copy does not verify")
    period = next(path for path in copy.iterdir() if path.is_dir())
    changed = period / contents_path(0)
    data = bytearray(changed.read_bytes())
    data[len(data) // 2] ^= 1
    changed.write_bytes(data)
    findings = verify_ledger(copy, config.network, config.code, verifier).findings
    expect(len(findings) == 1 and "entry" in findings[0], f"found: {findings}")


PART: Final = StoryPart((("one changed byte is found and named", one_byte),))
