"""Streamlit's settings, all of them decided here: a config.toml in a home or current folder changes nothing.

Streamlit reads ~/.streamlit, then ./.streamlit, then the folder of the script, then what `App.run(config=…)` is given.
The last word is `pinned_config`. It can't take back a value whose default is "none", nor a colour that our theme leaves
to Streamlit; for those `shut_out_foreign_files` narrows the files to ours.
"""

import ipaddress
import os
import secrets
import tomllib
from collections.abc import Iterator, Mapping, Sequence

from streamlit import config as streamlit_config

from dashboard.paths import ROOT

_FILES = ROOT / ".streamlit"
_COOKIE_SECRET = "STREAMLIT_SERVER_COOKIE_SECRET"  # noqa: S105  # the variable's name
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

# What differs from Streamlit's defaults, and the defaults that another file could do harm with. Everything else is
# pinned to its default by `pinned_config`.
_PINS: Mapping[str, object] = {
    "server.headless": True,  # no browser is opened, no address asked for, no external service asked for our IP
    "server.showEmailPrompt": False,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "server.allowRunOnSave": False,
    "server.enableCORS": True,  # false would open the websocket to every site
    "server.enableXsrfProtection": True,
    "server.corsAllowedOrigins": [],
    "server.trustedUserHeaders": {},  # a header would say who someone is
    "server.enableAgentApi": False,  # reads pages as JSON
    "server.enableStaticServing": False,
    "server.scriptHealthCheckEnabled": False,  # runs the page for anyone
    "server.unsafeMetricsUserAttributes": [],
    "server.baseUrlPath": "",
    "server.customComponentBaseUrlPath": "",
    "server.sslCertFile": "",  # TLS is the proxy's; "" is off, none can't be pinned
    "server.sslKeyFile": "",
    "server.maxUploadSize": 1,  # nothing is uploaded
    "server.maxCacheDataSize": "1GiB",
    "client.showErrorDetails": "none",  # a traceback names paths and values
    "client.showErrorLinks": False,
    "client.toolbarMode": "viewer",
    "client.disableDataExport": True,  # it would save one page of the log; the export saves all of it
    "client.allowedOrigins": [],  # no page of another site embeds ours
    "browser.gatherUsageStats": False,
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,  # 8 ms after each run, with each of a page's timers too; Python collects by itself
    "global.developmentMode": False,
    "global.disableWidgetStateDuplicationWarning": True,  # a widget that follows the URL says its value twice
    "logger.level": "warning",
    "logger.messageFormat": "%(asctime)s %(message)s",
    "logger.enableRich": False,
    "logger.hideWelcomeMessage": True,  # `serve` says the address
    "theme.base": "light",  # a path or URL here would be loaded
    "theme.fontFaces": [],  # fonts would be fetched from where they say
    "secrets.files": [str(_FILES / "secrets.toml")],
}


def pinned_config(host: str, port: int, proxy_hosts: Sequence[str] = ()) -> dict[str, object]:
    """Return every setting for `App.run(config=…)`: our pins, our theme, and Streamlit's own default for the rest.

    On a loopback address only loopback names and `proxy_hosts` may be asked for, or a site whose name is made to point
    here (DNS rebinding) would read the log through its visitor's browser. A `proxy_hosts` entry is a name as a proxy
    passes it on.
    """
    defaults = {
        key: option.default_val
        for key, option in streamlit_config._config_options_template.items()  # the public copy holds files' values
        if option.default_val is not None and not option.sensitive and not option.deprecated
    }
    return {
        **defaults,
        **_theme(),
        **_PINS,
        "server.address": host,
        "server.port": port,
        "server.allowedHosts": [*_LOOPBACK_NAMES, host, *proxy_hosts] if _is_loopback(host) else list(proxy_hosts),
        "browser.serverAddress": host,
        "browser.serverPort": port,
    }


def shut_out_foreign_files() -> None:
    """Let Streamlit read config.toml and secrets.toml beside our pages only. To be called before the app is built.

    Cookies are signed with a key of this process, unless the environment brings one that several servers share. The
    function replaced is not part of Streamlit's public interface: a test sweeps every option with a hostile file.
    """
    streamlit_config.get_config_files = lambda file_name: [str(_FILES / file_name)]
    os.environ.setdefault(_COOKIE_SECRET, secrets.token_hex(32))


def _theme() -> dict[str, object]:
    """The theme sections of our config.toml as dotted keys."""
    sections = tomllib.loads((_FILES / "config.toml").read_text("utf-8"))
    return dict(_dotted("theme", sections.get("theme", {})))


def _dotted(prefix: str, section: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from _dotted(f"{prefix}.{name}", value)
        else:
            yield f"{prefix}.{name}", value


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
