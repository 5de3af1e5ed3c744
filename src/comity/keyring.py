"""A node's keys: their public halves at once, the rest when somebody gives the passphrase."""

from comity.errors import UnavailableError
from comity.members.keys import KeyFile, Keys, open_keys
from comity.signer import LockedSigner, Signer


class Keyring:
    """The key file of a running node."""

    def __init__(self, file: KeyFile) -> None:
        self._file = file
        self._keys: Keys | None = None

    @property
    def is_locked(self) -> bool:
        """Whether nothing can be signed yet."""
        return self._keys is None

    def unlock(self, passphrase: str) -> None:
        """Decrypt the keys; UnavailableError where the passphrase is wrong."""
        self._keys = open_keys(self._file, passphrase)

    def verify_unlocked(self) -> None:
        """Raise UnavailableError while the keys are locked: what cannot be signed need not be begun."""
        if self._keys is None:
            raise UnavailableError("This node's keys are locked.", next_step="Unlock them: comity node unlock")

    def has(self, name: str) -> bool:
        """Whether there is a key of that name."""
        return name in self._file.names

    def signer(self, name: str) -> Signer:
        """A signer that can be named now and signs once the keys are unlocked; UnknownError for no such key."""
        return _RingSigner(self, name, self._file.public_key(name))

    def find_keys(self) -> Keys | None:
        """The keys, once they are unlocked."""
        return self._keys


class _RingSigner:
    def __init__(self, ring: Keyring, name: str, public: bytes) -> None:
        self._ring = ring
        self._name = name
        self._public = public

    @property
    def public(self) -> bytes:
        return self._public

    def sign(self, data: bytes) -> bytes:
        keys = self._ring.find_keys()
        signer = LockedSigner(self._public) if keys is None else keys.signer(self._name)
        return signer.sign(data)
