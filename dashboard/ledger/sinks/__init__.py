"""Places outside this machine that take a copy of each checkpoint, so that whoever rewrites the log and signs it anew
is found out. One module a kind, each behind the same small interface, `Sink`.

    file:/mnt/other/folder                                    another disk or machine, mounted
    s3://bucket/prefix?lock_days=365                          a bucket with object lock
    git+ssh://git@host/path.git#branch                        a branch that is not ours to rewrite
    tsa+https://host/path                                     a time stamp authority (RFC 3161)
    witness+https://host/prefix?key=VKEY                      a C2SP witness
    webhook+https://host/path                                 any service
    mailto:someone@example.org?server=smtp.example.org:587    a mailbox
"""

from collections.abc import Callable

from pydantic import SecretStr

from dashboard.config import Settings
from dashboard.errors import UsageError
from dashboard.ledger.sinks import bucket, folder, git_remote, mail, time_stamp, webhook, witness
from dashboard.ledger.sinks.address import unusable
from dashboard.ledger.sinks.sending import ContradictionError, Receipt, Sending, Sink

__all__ = ["ContradictionError", "Receipt", "Sending", "Sink", "configured", "parse"]

_SCHEMES = {
    "file": ("file", folder.FORM), "s3": ("s3", bucket.FORM), "mailto": ("mail", mail.FORM),
    "git+ssh": ("git", git_remote.FORM), "git+https": ("git", git_remote.FORM), "git+http": ("git", git_remote.FORM),
    "git+file": ("git", git_remote.FORM), "tsa+https": ("tsa", time_stamp.FORM), "tsa+http": ("tsa", time_stamp.FORM),
    "witness+https": ("witness", witness.FORM), "witness+http": ("witness", witness.FORM),
    "webhook+https": ("webhook", webhook.FORM), "webhook+http": ("webhook", webhook.FORM),
}  # fmt: skip


def configured(settings: Settings) -> tuple[Sink, ...]:
    """The sinks of AUDITLENS_ANCHORS, in their order. Raises UsageError for one that can't be used."""
    found: list[Sink] = []
    for number, url in enumerate(_revealed(settings.anchors).split(), start=1):
        sink = parse(url, settings, number)
        if any(sink.name == other.name for other in found):
            raise unusable(number, sink.kind, "it is the same place as one before", "once each.")
        found.append(sink)
    return tuple(found)


def parse(url: str, settings: Settings, number: int = 1) -> Sink:
    """The sink of one URL, the `number`-th of the setting. Raises UsageError that shows no secret."""
    scheme = url.partition(":")[0].lower()
    if scheme not in _SCHEMES:
        raise unusable(number, "", "its URL begins with none of the known schemes", f"as one of {', '.join(_SCHEMES)}.")
    kind, form = _SCHEMES[scheme]
    makers: dict[str, Callable[[], Sink]] = {
        "file": lambda: folder.FolderSink.parse(url),
        "s3": lambda: bucket.BucketSink.parse(url),
        "git": lambda: git_remote.GitSink.parse(url, settings.ledger_folder / "anchors"),
        "tsa": lambda: time_stamp.TimeStampSink.parse(url),
        "witness": lambda: witness.WitnessSink.parse(url),
        "webhook": lambda: webhook.WebhookSink.parse(url, _revealed(settings.webhook_secret)),
        "mail": lambda: mail.MailSink.parse(url, settings.smtp_user, _revealed(settings.smtp_password)),
    }
    try:
        return makers[kind]()
    except UsageError as wrong:
        raise UsageError(f"Sink {number} of AUDITLENS_ANCHORS ({kind}): {wrong.message}", wrong.hint) from None
    except ValueError as wrong:
        raise unusable(number, kind, str(wrong).rstrip("."), form) from None


def _revealed(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
