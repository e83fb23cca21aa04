"""Headers that tell the browser to run nothing but ours, as pure ASGI: streams and websockets pass untouched."""

from starlette.types import Scope

from dashboard.web.serving.headers import AddedHeaders, Headers

# The hash is that of the one inline script in Streamlit's index.html; a test compares it with the installed version.
SCRIPT_HASH = "sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA="

HEADERS = {
    "content-security-policy": "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' '{SCRIPT_HASH}'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}
_RAW = {name.encode(): value.encode() for name, value in HEADERS.items()}


class SecurityHeaders(AddedHeaders):
    """Adds the headers to each HTTP response that doesn't set them itself."""

    def added(self, scope: Scope, given: Headers) -> Headers:
        names = {name.lower() for name, _ in given}
        return [pair for pair in _RAW.items() if pair[0] not in names]
