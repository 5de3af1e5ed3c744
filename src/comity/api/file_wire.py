"""What the API says of files of records, and of what they became."""

from datetime import datetime

import msgspec

from comity.api.wire import Counterpart, DamagedShown, OnRecord
from comity.bounded import Count
from comity.peer.brought import FileReport
from comity.peer.comparing import Difference


class ConsignmentShown(msgspec.Struct, frozen=True, kw_only=True):
    """What entering a file came to: all of it is in the register, or nothing of it.

    ``state`` is ``underway``, ``entered`` or ``refused``. ``count`` records come in, ``removed`` go out. ``receipt`` is
    the keeper's last; ``position`` the register's since then.
    """

    id: str
    register: str
    state: str
    word: str
    count: int
    removed: int
    at: datetime
    officer: str
    position: int
    receipt: Counterpart | None


class ConsignmentList(msgspec.Struct, frozen=True):
    """What a bureau entered by files, the newest first; ``damaged`` are those that cannot be shown."""

    consignments: tuple[ConsignmentShown, ...]
    damaged: tuple[DamagedShown, ...] = ()


class AudienceShown(msgspec.Struct, frozen=True, kw_only=True):
    """Which members will and will not see what is entered."""

    seeing: tuple[str, ...]
    not_seeing: tuple[str, ...]


class FileShown(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file has come: ``received`` and ``read`` of ``size`` bytes, ``records`` so far.

    ``stage`` is ``coming``, ``reading``, ``read``, ``unusable`` (the report names each line), ``held``,
    ``not-released`` (``held`` is then what the held act is called) or ``entered``.
    ``difference`` is what entering a whole list will change, ``notes`` what of it has no field of its own, ``sight``
    who will see it, while it waits to be entered.
    ``record`` is there right after entering.
    """

    id: str
    name: str
    register: str
    stage: str
    word: str
    size: int | None
    received: int
    read: int
    records: int
    begun_at: datetime
    audience: str
    sight: AudienceShown | None
    difference: Difference | None
    report: FileReport | None
    consignment: ConsignmentShown | None
    notes: tuple[str, ...]
    held: str = ""
    record: OnRecord | None = None


class FileEntered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The officer's word under which a file is entered.

    ``going_out``, the number of records that a whole list takes out, is needed where that is more than a tenth.
    """

    is_lawful: bool = False
    going_out: Count = 0
