"""The other end of a bare NATS round trip: it sends back what it gets, and ends with its standard input.

``python -m comity.bench.echo CONFIG SUBJECT``, with the node's passphrase in the environment.
"""

import asyncio
import sys
import threading
from pathlib import Path

from nats.aio.client import Client
from nats.aio.msg import Msg

from comity.config import read_config
from comity.peer.connection import Access, connect
from comity.runtime import make_broker, open_keyring


async def join(config_path: Path, inbox: str) -> Client:
    """A bare client of the broker, with a node's pass and nothing of its line."""
    config = read_config(config_path)
    keyring = open_keyring(config)
    token = config.path(config.admission).read_text(encoding="ascii").strip()
    client = Client()
    access = Access(lambda: token, keyring.signer("broker").sign)
    await connect(client, make_broker(config), access, inbox=inbox)
    return client


async def _echo(config_path: Path, subject: str) -> None:
    client = await join(config_path, f"_INBOX.{subject.split('.')[1]}.echo")

    async def answer(message: Msg) -> None:
        await message.respond(message.data)

    await client.subscribe(subject, cb=answer)
    await client.flush()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watch() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=watch, daemon=True).start()
    await ended.wait()
    await client.close()


if __name__ == "__main__":
    asyncio.run(_echo(Path(sys.argv[1]), sys.argv[2]))
