"""Sends one message by mail and to a webhook, where these are configured (docs/notices.md).

Belongs here: the settings of the environment, SMTP, and the shape of the webhook's message.
Does not belong here: what a notice says (notices.py), HTTP (sources/webhook.py).
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.errors import MessageError
from email.header import Header
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime, formataddr, make_msgid, parseaddr
from typing import Any

from indicator_defs.errors import PayungError
from indicator_defs.system import settings
from indicator_defs.system.settings import SettingsError

SMTPS = 465
SECONDS = 10
MAIL = ("smtp_host", "smtp_port", "smtp_from", "smtp_to", "smtp_user", "smtp_password", "smtp_starttls")


@dataclass(frozen=True)
class Message:
    """One message: subject, plain text, the same as facts for machines, and when it was written."""

    subject: str
    text: str
    facts: list[dict[str, Any]]
    at: datetime


@dataclass(frozen=True)
class Mail:
    """How mail is sent. `starttls`: yes (required), no, or auto (used where the server offers it)."""

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: str = ""
    starttls: str = "auto"


def mail_settings() -> Mail | None:
    """The settings of mail; None where no host is named. Raises SettingsError naming what is missing or wrong."""
    if not settings.read("smtp_host").smtp_host:
        return None
    given = settings.read(*MAIL)
    receivers = tuple(a.strip() for a in given.smtp_to.split(",") if a.strip())
    if not given.smtp_from or not receivers:
        lacking = "PAYUNG_SMTP_TO" if given.smtp_from else "PAYUNG_SMTP_FROM"
        raise SettingsError(f"{lacking} is not set; PAYUNG_SMTP_HOST is. Set both, or neither.")
    if given.smtp_user and given.smtp_starttls == "no" and given.smtp_port != SMTPS:
        raise SettingsError(
            "PAYUNG_SMTP_USER is set and PAYUNG_SMTP_STARTTLS is no: a password is never sent in clear."
        )
    return Mail(
        given.smtp_host,
        given.smtp_port,
        given.smtp_from,
        receivers,
        given.smtp_user,
        given.smtp_password.get_secret_value(),
        given.smtp_starttls,
    )


def send(message: Message) -> list[str]:
    """Sends by every way that is configured; returns, in words, what failed. Never raises for a failure of a way."""
    problems = []
    try:
        mail = mail_settings()
        if mail is not None:
            _mail(mail, message)
    except (PayungError, OSError, smtplib.SMTPException, MessageError, ValueError) as error:
        # ssl.SSLError is an OSError; ValueError: an address that cannot be written into a header
        problems.append(f"The mail was not sent ({settings.read('smtp_host').smtp_host}): {_one_line(error)}")
    try:
        address = settings.read("webhook_url").webhook_url
        if address is not None:
            from sources import webhook

            webhook.post(
                address.get_secret_value(), {"text": f"{message.subject}\n\n{message.text}", "notices": message.facts}
            )
    except PayungError as error:
        problems.append(f"The webhook was not notified: {_one_line(error)}")
    return problems


def letter(mail: Mail, message: Message) -> MIMENonMultipart:
    """The mail with the headers that a mail server expects of a program (RFC 5322, RFC 3834), in seven bits.

    Of the classes for mails this is the older one: the newer loses blanks of long subjects in Python 3.11.
    """
    domain = domain_of("PAYUNG_SMTP_FROM", mail.sender)
    for receiver in mail.to:
        domain_of("PAYUNG_SMTP_TO", receiver)
    charset = Charset("utf-8")
    charset.body_encoding = QP
    out = MIMENonMultipart("text", "plain")
    out.set_payload(message.text, charset)
    subject: Any = Header(message.subject, "us-ascii" if message.subject.isascii() else "utf-8")
    out["Subject"] = subject
    out["From"], out["To"] = (", ".join(formataddr(parseaddr(a)) for a in whom) for whom in ((mail.sender,), mail.to))
    out["Date"] = format_datetime(message.at)
    out["Message-ID"] = make_msgid(domain=domain)
    out["Auto-Submitted"] = "auto-generated"  # so that no absence note answers it
    return out


def domain_of(setting: str, address: str) -> str:
    """The domain of an address, in ASCII. Raises SettingsError naming the setting where it is no address.

    The sender's names this machine in the mail and to the server: the machine's own name may be unknown elsewhere, and
    looking it up can take as long as the network likes.
    """
    _, at, domain = parseaddr(address)[1].rpartition("@")
    try:
        plain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        plain = ""
    if not (at and plain):
        raise SettingsError(f"{setting}: found {address!r}, expected an address such as payung@example.org.")
    return plain


def _mail(mail: Mail, message: Message) -> None:
    ready, us = letter(mail, message), domain_of("PAYUNG_SMTP_FROM", mail.sender)
    context = ssl.create_default_context()
    smtp = (
        smtplib.SMTP_SSL(mail.host, mail.port, us, timeout=SECONDS, context=context)
        if mail.port == SMTPS
        else smtplib.SMTP(mail.host, mail.port, us, timeout=SECONDS)
    )
    with smtp:
        smtp.ehlo()
        safe = mail.port == SMTPS
        if not safe and (mail.starttls == "yes" or (mail.starttls == "auto" and smtp.has_extn("starttls"))):
            smtp.starttls(context=context)
            smtp.ehlo()
            safe = True
        if mail.user:
            if not safe:
                raise SettingsError("the server offers no STARTTLS, and a password is never sent in clear.")
            smtp.login(mail.user, mail.password)
        refused = smtp.send_message(ready)
    if refused:
        raise SettingsError(f"the server refused {', '.join(refused)}; the others were sent to.")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
