"""The door: where strangers knock, few at a time."""

import anyio
import anyio.to_thread

from comity.errors import InputError, UnauthenticatedError, UnavailableError
from comity.gate import Outcome
from comity.limits import SIGN_INS_MAX, SIGN_INS_WAITING_MAX
from comity.node import Node
from comity.texts import _


class Door:
    """Lets few passwords be compared at once, so that strangers cannot fill this node's memory and threads."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(SIGN_INS_MAX)

    async def sign_in(self, node: Node, name: str, password: str) -> Outcome[str]:
        """The act; UnauthenticatedError, always in the same words, unless it was allowed.

        What a wrong name, a wrong password and a running wait differ in is on the record, not told to strangers.
        UnavailableError where a rule of an older rulebook holds it, which it does of the right password alone.
        """
        if self._limiter.statistics().tasks_waiting > SIGN_INS_WAITING_MAX:
            raise UnavailableError(_("Too many people sign in at once."), next_step=_("Try again in a moment."))
        try:
            outcome = await anyio.to_thread.run_sync(node.officers.sign_in, name, password, limiter=self._limiter)
        except InputError:
            raise _stranger() from None
        if outcome.verdict.hold is not None:
            raise _held(outcome.verdict.rules)
        if not outcome.verdict.is_allowed:
            raise _stranger()
        return outcome

    async def unlock(self, node: Node, passphrase: str) -> None:
        """Open the key file; the errors of ``node.unlock``."""
        if self._limiter.statistics().tasks_waiting > SIGN_INS_WAITING_MAX:
            raise UnavailableError(_("Too many people sign in at once."), next_step=_("Try again in a moment."))
        await anyio.to_thread.run_sync(node.unlock, passphrase, limiter=self._limiter)


def _held(rules: tuple[str, ...]) -> UnavailableError:
    return UnavailableError(
        _("Signing in is held by {rules}, and nobody can release it.").format(rules=", ".join(rules)),
        next_step=_("Tell your bureau's operator: the network's rulebook has to be amended."),
    )


def _stranger() -> UnauthenticatedError:
    return UnauthenticatedError(
        _("This name and password do not belong together."),
        next_step=_("Type both again; after five wrong passwords, wait a minute. Your bureau can reset it."),
    )
