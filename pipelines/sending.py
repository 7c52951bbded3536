"""Sends one message by mail and to a webhook, where these are configured (docs/notices.md).

Belongs here: the settings of the environment, SMTP, and the shape of the webhook's message.
Does not belong here: what is told (notices.py), HTTP (sources/webhook.py).
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from typing import Any

from indicator_defs.errors import PayungError
from indicator_defs.system import settings
from indicator_defs.system.settings import SettingsError

SMTPS = 465
SECONDS = 10
MAIL = ("smtp_host", "smtp_port", "smtp_from", "smtp_to", "smtp_user", "smtp_password", "smtp_starttls")


@dataclass(frozen=True)
class Message:
    """One message: subject, plain text, and the same as facts for machines."""

    subject: str
    text: str
    facts: list[dict[str, Any]]


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
        problems.append(f"The mail was not sent ({settings.read('smtp_host').smtp_host}): {_said(error)}")
    try:
        address = settings.read("webhook_url").webhook_url
        if address is not None:
            from sources import webhook

            webhook.post(
                address.get_secret_value(), {"text": f"{message.subject}\n\n{message.text}", "notices": message.facts}
            )
    except PayungError as error:
        problems.append(f"The webhook was not told: {_said(error)}")
    return problems


def _mail(mail: Mail, message: Message) -> None:
    letter = EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = message.subject, mail.sender, ", ".join(mail.to)
    letter.set_content(message.text)
    context = ssl.create_default_context()
    smtp = (
        smtplib.SMTP_SSL(mail.host, mail.port, timeout=SECONDS, context=context)
        if mail.port == SMTPS
        else smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)
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
        refused = smtp.send_message(letter)
    if refused:
        raise SettingsError(f"the server refused {', '.join(refused)}; the others were sent to.")


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
