"""Bytes to the shop and back: one session a thread, time-outs everywhere, no redirects, nothing retried.

What fails on the way comes back as a value, not as an exception of `requests`: those carry the prepared
request, and with it the token, into tracebacks. A Stop or a defect below goes up without the frames of
`requests`, whose variables hold the token; secrets are revealed only for its call.
"""

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
import urllib3

from unfulfill.settings import Secret
from unfulfill.words import said

LARGEST_ANSWER = 100 << 20  # bytes, unpacked
PIECE = 1 << 16
TOTAL_FACTOR = 3  # an answer that drips is given up after this many read time-outs

Sink = Callable[[bytes], object]  # takes a piece of a file


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in any case
    body: bytes = field(repr=False)  # may be a new token

    @property
    def request_id(self) -> str:
        """Shopify's id of the request, for its support; may be blank."""
        return self.headers.get("X-Request-Id", "")


@dataclass(frozen=True)
class NoAnswer:
    """Nothing usable came back."""

    sent: bool  # False: certainly not a byte of the request reached the shop
    what: str


class Transport:
    """Sends requests. Safe to use from many threads; `close` ends all their connections."""

    def __init__(self, connect_timeout_s: float, read_timeout_s: float, clock: Callable[[], float]) -> None:
        self._timeout = (connect_timeout_s, read_timeout_s)
        self._total_s = read_timeout_s * TOTAL_FACTOR
        self._clock = clock
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def post(
        self,
        url: str,
        headers: Mapping[str, str | Secret],
        *,
        json: Any = None,
        form: Mapping[str, str | Secret] | None = None,
        file: tuple[str, bytes] | None = None,
    ) -> Answer | NoAnswer:
        """Send one POST, once. A `file` (name and content) is the last part of a form, called "file"."""
        files = {"file": file} if file else None
        return self._send("POST", url, headers, None, form, json=json, files=files)

    def download(
        self, url: str, headers: Mapping[str, str], begin: Callable[[Answer], Sink]
    ) -> Answer | NoAnswer:
        """Fetch a file, or the part of it that a Range header asks for, with nothing secret sent.

        Once status and headers are known to be 200 or 206, `begin` says where the bytes go. They come as they
        are stored: compressed where the answer says so, for a range counts stored bytes (RFC 9110, 14). The
        body of a refusal goes to the answer.
        """
        return self._send("GET", url, {"Accept-Encoding": "gzip", **headers}, begin)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
            self._local = threading.local()
        for session in sessions:
            session.close()

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str | Secret],
        begin: Callable[[Answer], Sink] | None,
        form: Mapping[str, str | Secret] | None = None,
        **content: Any,
    ) -> Answer | NoAnswer:
        try:
            with self._session().request(
                method,
                url,
                headers=revealed(headers),
                data=revealed(form) if form else None,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
                **content,
            ) as response:
                if begin is not None and response.status_code in (200, 206):
                    answer = Answer(response.status_code, response.headers, b"")
                    take = begin(answer)
                    for piece in response.raw.stream(PIECE * 16, decode_content=False):
                        take(piece)
                    return answer
                return self._read(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            return NoAnswer(sent=not _never_sent(error), what=_words(error))
        except BaseException as error:
            raise error.with_traceback(None) from None

    def _read(self, response: requests.Response) -> Answer | NoAnswer:
        ends_at = self._clock() + self._total_s
        pieces = []
        size = 0
        while piece := response.raw.read1(PIECE, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_ANSWER:
                return NoAnswer(sent=True, what=said("shop_error.too_large", size=LARGEST_ANSWER >> 20))
            if self._clock() > ends_at:
                return NoAnswer(sent=True, what=said("shop_error.too_slow", seconds=round(self._total_s)))
        return Answer(response.status_code, response.headers, b"".join(pieces))

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # no proxy, .netrc or certificate bundle from the environment
            session.headers["User-Agent"] = "unfulfill-workbench"
            with self._lock:
                self._sessions.append(session)
            self._local.session = session
        return session


def revealed(values: Mapping[str, str | Secret]) -> dict[str, str]:
    """The texts, for the call that sends them and no variable."""
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in values.items()}


def _never_sent(error: Exception) -> bool:
    """Whether it failed before the request could be sent: no name, no connection, no trusted certificate."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, urllib3.exceptions.SSLError):
        return _is_distrust(reason)
    return isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))


def _is_distrust(error: urllib3.exceptions.SSLError) -> bool:
    return bool(error.args) and isinstance(error.args[0], ssl.SSLCertVerificationError)


def _words(error: Exception) -> str:
    """A short account of a failure, made from its kind only: its text may hold addresses and headers."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, urllib3.exceptions.SSLError) and not _is_distrust(reason):
        return said("shop_error.encryption_broken")
    for kind, key in _WORDS:
        if isinstance(error, kind) or isinstance(reason, kind):
            return said(key)
    return said("shop_error.broken")


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (urllib3.exceptions.NameResolutionError, "shop_error.no_such_name"),
    (requests.ConnectTimeout, "shop_error.no_connection_in_time"),
    (urllib3.exceptions.NewConnectionError, "shop_error.no_connection"),
    (requests.exceptions.SSLError, "shop_error.no_trust"),
    (urllib3.exceptions.SSLError, "shop_error.no_trust"),
    (requests.Timeout, "shop_error.no_answer_in_time"),
    (urllib3.exceptions.TimeoutError, "shop_error.no_answer_in_time"),
)
