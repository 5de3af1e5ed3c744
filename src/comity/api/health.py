"""Health, unlocking and metrics: what an operator needs, without personal data."""

from collections.abc import Iterator

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT, HTTP_503_SERVICE_UNAVAILABLE
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from comity.api.auth import bearer
from comity.api.given import AtDoor, AtNode, Call
from comity.api.problems import problems
from comity.api.wire import HealthProblem, HealthShown, UnlockForm
from comity.errors import UnavailableError, UntrustedError
from comity.node import Node

_LOCAL = ("127.0.0.1", "::1")


class _Vitals(Collector):
    """The node's own state, read when it is asked for."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def collect(self) -> Iterator[GaugeMetricFamily]:
        state = self._node.condition.state()
        yield GaugeMetricFamily("comity_line_up", "Whether the line to the broker is up.", value=state.is_up)
        yield GaugeMetricFamily("comity_deliveries_queued", "Deliveries that wait.", value=state.queued)
        yield GaugeMetricFamily("comity_healthy", "Whether nothing is red.", value=self._node.health().is_ok)


class Metrics:
    """Counts of acts by kind and verdict: never by who, on what or for which purpose."""

    def __init__(self, node: Node) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Vitals(node))
        self._acts = Counter("comity_acts", "Acts asked of this node.", ("kind", "verdict"), registry=self._registry)

    def count(self, kind: str, verdict: str) -> None:
        """One more; both are words of this program, so that there are few."""
        self._acts.labels(kind, verdict).inc()

    def encode(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self._registry)


@get("/health", responses={503: ResponseSpec(HealthShown, generate_examples=False, description="Something is red.")},
     sync_to_thread=True, security=[{}])  # fmt: skip
def health(node: AtNode) -> Response[HealthShown]:
    """200 while people can work, 503 while something keeps them from it; what is wrong and what to do either way."""
    found = node.health()
    shown = HealthShown(
        found.is_ok,
        tuple(HealthProblem(each.code, each.message, each.next_step, each.is_red) for each in found.problems),
    )
    return Response(shown, status_code=HTTP_200_OK if found.is_ok else HTTP_503_SERVICE_UNAVAILABLE)


@post("/v1/unlock", status_code=HTTP_204_NO_CONTENT, responses=problems(400, 403, 413, 422, 503), security=[{}])
async def unlock(data: JSONBody[UnlockForm], node: AtNode, door: AtDoor) -> None:
    """Open the node's keys with the passphrase of its key file."""
    try:
        await door.unlock(node, data.passphrase)
    except UnavailableError as error:  # not a failure of this node: the passphrase does not open its keys
        raise UntrustedError(error.message, where="passphrase", next_step=error.next_step) from error


@get("/metrics", media_type="text/plain; version=0.0.4; charset=utf-8", responses=problems(401), sync_to_thread=True)
def metrics(request: Call, node: AtNode) -> bytes:
    """Counts by kind and verdict, for programs on this machine and officers who are signed in."""
    is_local = request.client is not None and request.client.host in _LOCAL
    if not is_local or request.headers.keys() & {"forwarded", "x-forwarded-for"}:
        node.officers.who(bearer(request))
    found: Metrics = request.app.state.metrics
    return found.encode()
