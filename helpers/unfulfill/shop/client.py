"""One shop: reads that are repeated until they succeed or must fail, writes that are sent exactly once."""

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from statistics import median
from types import TracebackType
from typing import Any

from unfulfill.errors import (
    NotApplied,
    OutcomeUnknown,
    ShopError,
    ShopUnreachable,
    WrongShop,
)
from unfulfill.model import ShopIdentity
from unfulfill.settings import Secret, ShopSettings
from unfulfill.shop.answers import VERSION_HEADER, Fault, Judged, judge
from unfulfill.shop.credentials import Credentials, app_of
from unfulfill.shop.documents import Document, load_document
from unfulfill.shop.identity import identify
from unfulfill.shop.throttle import NOTHING_TOLD, Bucket, Told, shared_bucket, threads_for
from unfulfill.shop.transport import Answer, NoAnswer, Transport
from unfulfill.words import said

READ_ATTEMPTS = 6
THROTTLED_ATTEMPTS = 30
FIRST_PAUSE_S = 0.5  # doubled with every attempt
LONGEST_PAUSE_S = 16.0
THROTTLED_PAUSE_S = 1.0  # Shopify asks for at least this
# Points that an operation is taken to cost until the shop has said it: rather too many, for too few are a refusal.
FIRST_COST = {"query": 100.0, "mutation": 20.0, "OrdersPage": 650.0, "InventoryPage": 300.0}


class Shop:
    """A connection to one shop, safe to use from many threads. Close it, or use it as a context manager."""

    def __init__(
        self,
        settings: ShopSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        transport: Transport | None = None,
    ) -> None:
        self.settings = settings
        self.transport = transport or Transport(settings.connect_timeout_s, settings.read_timeout_s, clock)
        # All connections of this process to a shop as one app draw on one bucket; a test's clock gets its own.
        is_real = clock is time.monotonic
        self.bucket = shared_bucket(settings.url, app_of(settings)) if is_real else Bucket(clock)
        self._clock = clock
        self.sleep = sleep
        self._credentials = Credentials(settings, self.transport, clock, self._check_new_token)
        self._latencies: deque[float] = deque([0.125], maxlen=50)
        self._identity: ShopIdentity | None = None
        self._scopes = frozenset[str]()
        self._identity_lock = threading.RLock()
        self._served_version = ""
        self._server_time: datetime | None = None

    def __enter__(self) -> "Shop":
        """The shop itself; leaving closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self.close()

    def __repr__(self) -> str:
        """The address, and nothing secret."""
        return f"Shop({self.name})"

    def close(self) -> None:
        """Close every connection."""
        self.transport.close()

    @property
    def name(self) -> str:
        """The shop's domain or the sandbox's address, for messages."""
        return self.settings.domain or self.settings.url

    @property
    def api_version(self) -> str:
        """The API version that is asked for; every answer is refused that names another."""
        return self.settings.api_version

    @property
    def served_version(self) -> str:
        """The API version that the last answer named; blank before the first."""
        return self._served_version

    @property
    def server_time(self) -> datetime | None:
        """The shop's clock at its last answer; None before the first."""
        return self._server_time

    @property
    def token_ends_in_s(self) -> float | None:
        """Seconds until the token in use ends; None where it tells no end or there is none yet."""
        return self._credentials.ends_in_s

    @property
    def threads(self) -> int:
        """How many threads of writes (10 points each) use up what the shop gives back."""
        slow = sorted(self._latencies)[int(len(self._latencies) * 0.9)]
        return threads_for(self.bucket.restore_rate, slow)

    @property
    def points(self) -> float:
        """Points that are left now, by what the shop said last; 0 before its first answer."""
        return self.bucket.points

    @property
    def latency_s(self) -> float:
        """How long an answer took of late, in seconds: the median. A guess before there is any."""
        return median(self._latencies)

    def cost_of(self, operation: str) -> float | None:
        """Points that the shop asked for this operation when it was last sent, pages aside; None: not sent yet."""
        return self.bucket.cost_of((operation, None))

    @property
    def scopes(self) -> frozenset[str]:
        """What the token may do, as the shop says. Reads the identity first where that was not done."""
        self.identity()
        return self._scopes

    def identity(self) -> ShopIdentity:
        """Which shop answers: read once, and again whenever the token was renewed.

        Raises WrongShop when another shop answers than was asked for or has answered before.
        """
        with self._identity_lock:
            if self._identity is None:
                self._identity = self._read_identity()
            return self._identity

    def read(self, operation: str, /, **variables: Any) -> dict[str, Any]:
        """The `data` of a query in `operations/`. Repeated with pauses after what passes: time-outs, 5xx, throttling.

        Raises a ShopError: ShopUnreachable, AccessDenied, QueryRefused, SearchIgnored, WrongVersion, BadAnswer.
        """
        document = load_document(operation)
        if document.kind != "query":
            raise ValueError(f"{operation} is a mutation; it is sent by write.")
        failures = throttled = 0
        while isinstance(result := self._attempt(document, variables, renew=True), Fault):
            throttled += result.throttled
            failures += not result.throttled
            if not result.transient or failures >= READ_ATTEMPTS or throttled >= THROTTLED_ATTEMPTS:
                raise result.error(result.message)
            self.sleep(_pause(result, failures))
        return result

    def write(self, operation: str, /, **variables: Any) -> dict[str, Any]:
        """The payload of a mutation in `operations/`, sent exactly once; `userErrors` are for the caller to judge.

        Raises NotApplied when this sending certainly had no effect (its `may_repeat` says whether another try
        makes sense), OutcomeUnknown when it may have had one.
        """
        document = load_document(operation)
        if document.kind != "mutation":
            raise ValueError(f"{operation} is a query; it is sent by read.")
        try:
            self.identity()  # nothing is written before shop and API version are known
        except ShopError as error:
            raise NotApplied(str(error)) from None
        result = self._attempt(document, variables, renew=False)
        if not isinstance(result, Fault):
            return _payload(result, self.name)
        if not result.definite:
            raise OutcomeUnknown(said("shop_error.maybe_applied", operation=operation, why=result.message))
        refusal = NotApplied(said("shop_error.not_applied", operation=operation, why=result.message))
        refusal.may_repeat = result.transient or (result.token_refused and self._credentials.renewable)
        raise refusal

    # One sending

    def _attempt(
        self, document: Document, variables: dict[str, Any], *, renew: bool
    ) -> dict[str, Any] | Fault:
        """Data or a fault. A refused token that can be renewed is, and a read is then sent a second time."""
        token = self._token()
        if isinstance(token, Fault):
            return token
        result = self._exchange(document, variables, token)
        if isinstance(result, Fault) and result.token_refused and self._credentials.drop(token) and renew:
            token = self._token()
            return token if isinstance(token, Fault) else self._exchange(document, variables, token)
        return result

    def _token(self) -> Secret | Fault:
        """The token to use, or why there is none."""
        try:
            return self._credentials.token()
        except ShopError as error:
            transient = isinstance(error, ShopUnreachable)
            return Fault(type(error), str(error), transient=transient, definite=True)

    def _check_new_token(self, token: Secret) -> None:
        """Refuse a token that opens another shop than before, ere anybody uses it. Raises WrongShop, ShopError."""
        known = self._identity
        if known is not None and (found := self._read_identity(token)).id != known.id:
            raise WrongShop(said("shop_error.token_of_another_shop", found=found.domain, known=known.domain))

    def _exchange(
        self, document: Document, variables: dict[str, Any], token: Secret
    ) -> dict[str, Any] | Fault:
        guess = FIRST_COST.get(document.name, FIRST_COST[document.kind])
        turn = self.bucket.take((document.name, variables.get("first")), guess, self.sleep)
        told = NOTHING_TOLD
        try:
            started_at = self._clock()
            answer = self.transport.post(
                f"{self.settings.url}/admin/api/{self.settings.api_version}/graphql.json",
                {"X-Shopify-Access-Token": token, "Accept": "application/json"},
                json={"query": document.text, "operationName": document.name, "variables": variables},
            )
            self._latencies.append(self._clock() - started_at)
            judged = self._judge(answer)
            told = judged.told
        finally:  # also after an interrupt: other threads wait for this turn
            self.bucket.settle(turn, told)
        return judged.fault or judged.data or {}

    def _judge(self, answer: Answer | NoAnswer) -> Judged:
        if isinstance(answer, NoAnswer):
            key = "shop_error.no_whole_answer" if answer.sent else "shop_error.unreachable"
            message = said(key, shop=self.name, why=answer.what)
            fault = Fault(ShopUnreachable, message, transient=True, definite=not answer.sent)
            return Judged(None, fault, Told(reached=answer.sent))
        self._served_version = answer.headers.get(VERSION_HEADER, self._served_version)
        self._server_time = _moment(answer.headers.get("Date", "")) or self._server_time
        return judge(answer, self.name, self.settings.api_version, self.settings.profile)

    def _read_identity(self, token: Secret | None = None) -> ShopIdentity:
        if token is None:
            data = self.read("Preflight")
        else:
            result = self._exchange(load_document("Preflight"), {}, token)
            if isinstance(result, Fault):
                raise result.error(result.message)
            data = result
        identity, scopes = identify(data, self.settings)
        self._scopes = scopes
        return identity


def _payload(data: dict[str, Any], shop: str) -> dict[str, Any]:
    payload = next(iter(data.values())) if len(data) == 1 else None
    if not isinstance(payload, dict) or not isinstance(payload.get("userErrors"), list):
        raise OutcomeUnknown(said("shop_error.no_payload", shop=shop))
    return payload


def _pause(fault: Fault, failures: int) -> float:
    if fault.throttled:
        return max(THROTTLED_PAUSE_S, fault.wait_s)
    return max(fault.wait_s, min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (failures - 1)))


def _moment(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except (ValueError, TypeError):
        return None
