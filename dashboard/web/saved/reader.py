"""Who reads, as far as it can be told: the account that signed in, else the browser by a secret in its cookie.

What is kept under either is kept under its hash: who reads the database can't pass for a reader.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie

import streamlit as st
from starlette.types import Scope

from dashboard.web.serving.headers import AddedHeaders, Headers

COOKIE = "auditlens_reader"
NOBODY = bytes(32)
"""The owner of what somebody shared who can't be told from others."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS = 400 * 24 * 3600  # as long as browsers keep one; each page begins it anew


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader. `name` is the account's; a browser has none."""

    key: bytes
    name: str | None


def current() -> Reader | None:
    """Who reads this page; None without a login for a browser that keeps no cookies."""
    if st.user.get("is_logged_in"):
        name = str(st.user.get("email") or st.user.get("name") or st.user.get("sub") or "")
        account = f"{st.user.get('iss', '')}\0{st.user.get('sub') or name}"
        return Reader(_key("account", account), name or None)
    secret = _secret()
    return Reader(_key("browser", secret), None) if _SECRET.fullmatch(secret) else None


def _secret() -> str:
    """What the browser's cookie says; empty without one."""
    return st.context.cookies.get(COOKIE, "")


def _key(kind: str, who: str) -> bytes:
    return sha256(f"{kind}\0{who}".encode()).digest()


class ReaderCookie(AddedHeaders):
    """Gives each browser that asks for a page its secret, where it has none: no script can read it, no other site's
    request brings it.
    """

    def added(self, scope: Scope, given: Headers) -> Headers:
        return [(b"set-cookie", _cookie(scope))] if _is_page(scope["headers"], given) else []


def _is_page(asked: Iterable[tuple[bytes, bytes]], answered: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a browser opens a page with it, one that it has already (304) too."""
    html = any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in answered)
    return html or any(name.lower() == b"sec-fetch-dest" and value == b"document" for name, value in asked)


def _cookie(scope: Scope) -> bytes:
    secret = _given(scope) or secrets.token_urlsafe(32)
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    return f"{COOKIE}={secret}; Path=/; Max-Age={_SECONDS}; HttpOnly; SameSite=Lax{secure}".encode()


def _given(scope: Scope) -> str | None:
    """The secret that the browser sent."""
    for name, value in scope["headers"]:
        if name.lower() == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                continue
            if found is not None and _SECRET.fullmatch(found.value):
                return found.value
    return None
