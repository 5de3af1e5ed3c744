"""A node's keys: their public halves at once, the rest when somebody gives the passphrase."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from comity.errors import UnavailableError
from comity.members.keys import KeyFile, Keys, open_keys
from comity.sealing import SealingKey
from comity.signer import LockedSigner, Signer, key_id
from comity.texts import _

STORAGE = "storage"


class Keyring:
    """The key file of a running node."""

    def __init__(self, file: KeyFile) -> None:
        self._file = file
        self._keys: Keys | None = None
        self._sealing: dict[str, SealingKey] = {}
        self._storage = b""

    @property
    def is_locked(self) -> bool:
        """Whether nothing can be signed yet."""
        return self._keys is None

    def take_up(self, file: KeyFile) -> None:
        """Go on with a newer key file, at the next unlocking; UnavailableError where more than sealing keys differ."""
        sealing = {*self._file.sealing_names, *file.sealing_names}

        def rest(held: KeyFile) -> dict[str, str]:
            return {name: key for name, key in held.public.items() if name not in sealing}

        if rest(file) != rest(self._file):
            raise UnavailableError(
                _("The key file has other keys now."), where="keys", next_step=_("Start the node again.")
            )
        self._file = file

    def unlock(self, passphrase: str) -> None:
        """Decrypt the keys; UnavailableError where the passphrase is wrong."""
        keys = open_keys(self._file, passphrase)
        opened = (keys.sealing(name) for name in self._file.sealing_names)
        self._sealing = {key_id(key.public): key for key in opened}
        if self.has(STORAGE):
            self._storage = HKDF(hashes.SHA256(), 32, None, b"comity/storage/v1").derive(keys.seed(STORAGE))
        self._keys = keys

    def verify_unlocked(self) -> None:
        """Raise UnavailableError while the keys are locked: what cannot be signed need not be begun."""
        if self._keys is None:
            raise UnavailableError(_("This node's keys are locked."), next_step=_("Unlock them: comity node unlock"))

    def has(self, name: str) -> bool:
        """Whether there is a key of that name."""
        return name in self._file.names

    def signer(self, name: str) -> Signer:
        """A signer that can be named now and signs once the keys are unlocked; UnknownError for no such key."""
        return _RingSigner(self, name, self._file.public_key(name))

    def find_sealing_key(self, name: str) -> SealingKey | None:
        """The sealing key whose id is ``name``, present or former; None while locked, or where there is none."""
        return self._sealing.get(name)

    def storage_key(self) -> bytes:
        """The key (AES-256) under which texts are kept on this node; UnavailableError while the keys are locked."""
        self.verify_unlocked()
        return self._storage

    def find_keys(self) -> Keys | None:
        """The keys, once they are unlocked."""
        return self._keys


class _RingSigner:
    def __init__(self, ring: Keyring, name: str, public: bytes) -> None:
        self._ring = ring
        self._name = name
        self._public = public
        self._signer: Signer | None = None

    @property
    def public(self) -> bytes:
        return self._public

    def sign(self, data: bytes) -> bytes:
        if self._signer is None:
            keys = self._ring.find_keys()
            if keys is None:
                return LockedSigner(self._public).sign(data)
            self._signer = keys.signer(self._name)
        return self._signer.sign(data)
