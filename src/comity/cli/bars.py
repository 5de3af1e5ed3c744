"""Bars on standard error, where somebody looks and the work is long; otherwise nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from comity.api.file_names import safe_name
from comity.api.message_words import size_word

_LARGE_BYTES = 1_000_000  # a smaller one is through before a bar could be read

Step = Callable[[int], None]


@contextmanager
def bar(name: str, size: int) -> Iterator[Step]:
    """A bar for ``size`` bytes of a file; what it yields is told of each piece."""
    if size < _LARGE_BYTES:
        yield lambda _count: None
        return
    from rich.console import Console  # noqa: PLC0415 - most commands move no large file and start faster without
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn  # noqa: PLC0415 - as above

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{safe_name(name)} ({size_word(size)})", total=size)
        yield lambda count: progress.advance(task, count)
