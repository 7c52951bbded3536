"""Sends one message by mail and to a webhook, if these are configured (docs/notices.md).

The content of notices is in notices.py, HTTP in sources/webhook.py.
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
    """One message: subject, plain text, the same content as data (`facts`), and when it was written."""

    subject: str
    text: str
    facts: list[dict[str, Any]]
    at: datetime


@dataclass(frozen=True)
class Mail:
    """How mail is sent. `starttls`: yes (required), no, or auto (used if the server offers it)."""

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: str = ""
    starttls: str = "auto"


def mail_settings() -> Mail | None:
    """The settings of mail; None if no host is set. Raises SettingsError naming what is missing or wrong."""
    if not settings.read("smtp_host").smtp_host:
        return None
    given = settings.read(*MAIL)
    receivers = tuple(a.strip() for a in given.smtp_to.split(",") if a.strip())
    if not given.smtp_from or not receivers:
        missing = "PAYUNG_SMTP_TO" if given.smtp_from else "PAYUNG_SMTP_FROM"
        raise SettingsError(f"PAYUNG_SMTP_HOST is set, but {missing} is not. Set both, or neither.")
    if given.smtp_user and given.smtp_starttls == "no" and given.smtp_port != SMTPS:
        raise SettingsError(
            "PAYUNG_SMTP_USER is set and PAYUNG_SMTP_STARTTLS is no: a password is never sent without encryption. Set "
            "PAYUNG_SMTP_STARTTLS to yes or auto, or unset PAYUNG_SMTP_USER."
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
    """Sends by mail and webhook, as configured; returns a message for each that failed. A failure raises no error."""
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
    """The mail with the headers that mail servers expect from programs (RFC 5322, RFC 3834), in 7-bit encoding.

    Uses Python's older class for mails: the newer one loses spaces of long subjects in Python 3.11.
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
    out["From"], out["To"] = (
        ", ".join(formataddr(parseaddr(a)) for a in addresses) for addresses in ((mail.sender,), mail.to)
    )
    out["Date"] = format_datetime(message.at)
    out["Message-ID"] = make_msgid(domain=domain)
    out["Auto-Submitted"] = "auto-generated"  # so that no out-of-office reply answers it
    return out


def domain_of(setting: str, address: str) -> str:
    """The domain of an address, in ASCII. Raises SettingsError naming the setting if it is not an address.

    The sender's domain identifies this machine in the mail and to the server: the machine's own name may be unknown
    elsewhere, and a look-up of it has no time limit.
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
    mail_message, own_name = letter(mail, message), domain_of("PAYUNG_SMTP_FROM", mail.sender)
    context = ssl.create_default_context()
    smtp = (
        smtplib.SMTP_SSL(mail.host, mail.port, own_name, timeout=SECONDS, context=context)
        if mail.port == SMTPS
        else smtplib.SMTP(mail.host, mail.port, own_name, timeout=SECONDS)
    )
    with smtp:
        smtp.ehlo()
        is_encrypted = mail.port == SMTPS
        if not is_encrypted and (mail.starttls == "yes" or (mail.starttls == "auto" and smtp.has_extn("starttls"))):
            smtp.starttls(context=context)
            smtp.ehlo()
            is_encrypted = True
        if mail.user:
            if not is_encrypted:
                raise SettingsError("the server offers no STARTTLS, and a password is never sent without encryption.")
            smtp.login(mail.user, mail.password)
        refused = smtp.send_message(mail_message)
    if refused:
        raise SettingsError(f"the server refused {', '.join(refused)}; the mail was sent to the other addresses.")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
