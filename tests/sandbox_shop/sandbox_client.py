"""A plain client for tests: what goes over the wire and nothing else."""

import json
from typing import Any

import requests


class Client:
    """Asks one sandbox shop; `last` is the HTTP response of the last call."""

    def __init__(self, url: str, token: str, control_token: str = "", version: str = "2026-10") -> None:
        self.url, self.token, self.control_token, self.version = url, token, control_token, version
        self.session = requests.Session()
        self.last: requests.Response

    def ask(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables or {}})
        return self.post(f"/admin/api/{self.version}/graphql.json", body, **headers).json()

    def data(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.ask(query, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def post(self, path: str, body: str | bytes, **headers: str) -> requests.Response:
        sent = {"Content-Type": "application/json", "X-Shopify-Access-Token": self.token}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.last = self.session.post(self.url + path, data=body, headers=sent, timeout=20)
        return self.last

    def control(self, command: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.session.post(
            f"{self.url}/_sandbox/{command}",
            json=given or {},
            headers={"X-Sandbox-Control": self.control_token},
            timeout=20,
        )
        assert answer.ok, answer.text
        return answer.json()

    def as_token(self, token: str, version: str | None = None) -> "Client":
        return Client(self.url, token, self.control_token, version or self.version)
