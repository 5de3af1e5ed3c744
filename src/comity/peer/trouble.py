"""What keeps the line down, in words: of whatever nats-py, TLS or the network raised, often with no text at all."""

import ssl
from typing import Final

from comity.errors import ComityError
from comity.texts import _

_CHARS: Final = 200  # of a reason that the broker or the network gave


def trouble_of(error: object, reported: Exception | None) -> str:
    """Why an attempt failed: what it raised, or, where that is a time that ran out, what was reported meanwhile."""
    for each in (reported, error):
        inner = each
        while isinstance(inner, BaseException):
            if isinstance(inner, ssl.SSLCertVerificationError):
                return _(
                    "The broker shows a certificate that this network's authority has not signed: {why}. Compare"
                    " broker_ca in the configuration with the broker's."
                ).format(why=inner.verify_message)
            if isinstance(inner, ssl.SSLError):
                return _("The broker does not speak TLS 1.3 as expected: {why}.").format(why=inner.reason or "TLS")
            inner = inner.__cause__ or inner.__context__
    if isinstance(error, ComityError):
        return error.message
    if isinstance(error, TimeoutError) and reported is None:
        return _("The broker did not answer in time.")
    said = reported if isinstance(error, TimeoutError) or not str(error) else error
    return (str(said) or type(said).__name__)[:_CHARS]
