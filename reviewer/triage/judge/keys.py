"""Who may be asked, and with which key: hosts that were allowed, keys from the environment or the keyring alone."""

from __future__ import annotations

import os
from collections.abc import Mapping

import httpx

from reviewer import vault
from reviewer.config import Home, remember
from reviewer.errors import WrongUsage
from reviewer.triage.judge.spec import LOOPBACK, JudgeSpec
from reviewer.vault import KeyringSilent

VARIABLE = "REVIEWER_JUDGE_KEY"
_USUAL = {"api.openai.com": "OPENAI_API_KEY", "api.anthropic.com": "ANTHROPIC_API_KEY"}
"""The variables in which people have these hosts' keys; no other host is sent them."""


def is_allowed(home: Home, host: str) -> bool:
    """Whether texts may be sent to a host."""
    return host in home.settings.judge_hosts.split()


def allow(home: Home, host: str) -> None:
    """Lets texts be sent to a host from now on. Raises OSError."""
    if not is_allowed(home, host):
        remember(home, "judge_hosts", " ".join([*home.settings.judge_hosts.split(), host]))


def key_for(spec: JudgeSpec, environment: Mapping[str, str] = os.environ) -> str:
    """The key for a judge's host; empty where it is on this machine and there is none.

    Raises WrongUsage where another host has none.
    """
    for variable in (VARIABLE, _USUAL.get(spec.host, "")):
        if key := environment.get(variable, "").strip():
            return _checked(key, f"the variable {variable}")
    try:
        kept = vault.get(_name(spec.host))
    except KeyringSilent:
        kept = None
    if kept:
        return _checked(kept, "the keyring")
    if httpx.URL(spec.base_url).host in LOOPBACK:
        return ""
    usual = _USUAL.get(spec.host, VARIABLE)
    raise WrongUsage(
        f"there is no key for {spec.host}.",
        mend=f"Keep one with `reviewer judge key {spec.host}`, or set the variable {usual}.",
    )


def keep(host: str, key: str) -> None:
    """Keeps the key of a host in the system's keyring. Raises WrongUsage where it is none, or there is no keyring."""
    key = _checked(key.strip(), "what was given")
    try:
        vault.put(_name(host), key)
    except KeyringSilent as error:
        raise WrongUsage(
            "this system has no keyring that answers, and keys are kept nowhere else.",
            mend=f"Set the variable {VARIABLE} where the judge runs.",
        ) from error


def forget(host: str) -> None:
    """Throws the key of a host away. Raises WrongUsage where there is none."""
    try:
        vault.forget(_name(host))
    except KeyringSilent as error:
        raise WrongUsage(f"the keyring has no key for {host}.", mend="Nothing is to be done.") from error


def _name(host: str) -> str:
    return f"judge {host}"


def _checked(key: str, origin: str) -> str:
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise WrongUsage(f"{origin} holds no key: a key is of printable ASCII without blanks.", mend="Give it again.")
    return key
