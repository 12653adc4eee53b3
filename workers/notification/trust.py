"""Whether a password may go over a line that anybody on the way can read."""

from ipaddress import ip_address
from urllib.parse import SplitResult

from workers.runtime.settings import Settings


def may_be_plain(url: SplitResult, settings: Settings) -> bool:
    """Tell whether a password may go to this host unencrypted: on this machine it may, else if a setting says so."""
    return settings.plain_login or _is_loopback(url.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
