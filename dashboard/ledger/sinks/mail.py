"""A sink that is a mailbox: the checkpoint as a mail that its owner keeps where nobody here can reach it."""

import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Self
from urllib.parse import unquote

from dashboard.ledger.sinks.address import Address
from dashboard.ledger.sinks.sending import TIMEOUT_S, Receipt, Sending, failed, said

FORM = (
    "mailto:someone@example.org?server=smtp.example.org:587&from=auditlens@example.org&tls=starttls "
    "(tls: starttls, tls or none)"
)
OPTIONS = frozenset({"server", "from", "tls", "every"})
_EVERY_S = 3600.0
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_NAME = "auditlens.localdomain"  # this machine's own name is nobody's business


@dataclass(frozen=True, slots=True)
class MailSink:
    """A mailbox, and the server that takes mail for it."""

    to: str
    sender: str
    server: Address = field(repr=False)
    tls: str
    user: str = field(repr=False, default="")
    password: str = field(repr=False, default="")
    every_s: float | None = _EVERY_S
    kind: str = "mail"

    @classmethod
    def parse(cls, url: str, user: str, password: str) -> Self:
        """Raises ValueError."""
        address = Address.parse(url, OPTIONS)
        to, sender = unquote(address.path), address.options.get("from", "")
        for mailbox in (to, sender):
            if mailbox.count("@") != 1 or not mailbox.isprintable() or set(mailbox) & set(' ,;<>"()'):
                raise ValueError("it needs one address to send to and, in from=, one to send from")
        server = Address.parse(f"smtp://{address.options.get('server', '')}", frozenset())
        if not server.hostname or server.user or server.path:
            raise ValueError("server is missing or has not the form host:port")
        tls = address.options.get("tls", "starttls")
        if tls not in _PORTS:
            raise ValueError("tls is starttls, tls or none")
        if tls == "none" and password and not server.is_loopback:
            raise ValueError("it would send AUDITLENS_SMTP_PASSWORD without encryption")
        return cls(to, sender, server, tls, user, password, address.number("every", 1, _EVERY_S))

    @property
    def name(self) -> str:
        return f"mailto:{self.to}"

    @property
    def place(self) -> str:
        return f"{self.to} by {self.server.host}"

    def publish(self, sending: Sending) -> Receipt:
        """Hands one mail to the server; the receipt is what the server said to it."""
        message = self._message(sending)
        try:
            with self._connected() as smtp:
                smtp.ehlo_or_helo_if_needed()
                if self.user and self.password:
                    smtp.login(self.user, self.password)
                self._check(smtp.mail(self.sender))
                self._check(smtp.rcpt(self.to))
                answer = self._check(smtp.data(message.as_bytes()))
        except smtplib.SMTPResponseException as wrong:
            why = f"the server refuses: {wrong.smtp_code} {_text(wrong.smtp_error)}"
            raise failed(self.name, why, secrets=self._secrets) from None
        except (smtplib.SMTPException, OSError) as wrong:
            why = wrong.strerror or str(wrong)
            raise failed(self.name, f"the server can't be used: {why}", secrets=self._secrets) from None
        return {"message_id": message["Message-ID"], "answer": said(_text(answer), self._secrets)}

    def _check(self, reply: tuple[int, bytes]) -> bytes:
        code, answer = reply
        if code not in (250, 251):
            raise failed(self.name, f"the server refuses: {code} {_text(answer)}", secrets=self._secrets)
        return answer

    def _connected(self) -> smtplib.SMTP:
        host = self.server.hostname
        port = int(self.server.host.rpartition(":")[2]) if self.server.has_port else _PORTS[self.tls]
        context = ssl.create_default_context()
        if self.tls == "tls":
            return smtplib.SMTP_SSL(host, port, local_hostname=_NAME, timeout=TIMEOUT_S, context=context)
        smtp = smtplib.SMTP(host, port, local_hostname=_NAME, timeout=TIMEOUT_S)
        if self.tls == "starttls":
            try:
                smtp.starttls(context=context)
            except BaseException:
                smtp.close()
                raise
        return smtp

    def _message(self, sending: Sending) -> EmailMessage:
        checkpoint = sending.checkpoint
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = self.sender, self.to
        message["Subject"] = f"Checkpoint of {checkpoint.origin}: {checkpoint.size:,} events"
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            f"The audit log {checkpoint.origin} holds {checkpoint.size:,} sealed events.\n"
            "Keep this mail: the attached checkpoint shows any later change to one of them.\n\n"
            f"{sending.note}",
            cte="base64",
        )
        message.add_attachment(
            sending.note.encode(), maintype="application", subtype="octet-stream", filename="checkpoint"
        )
        return message

    @property
    def _secrets(self) -> tuple[str, ...]:
        return tuple(text for text in (self.user, self.password) if len(text) > 2)

    def copies(self) -> Iterator[str]:
        """None: nobody here reads that mailbox."""
        return iter(())


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
