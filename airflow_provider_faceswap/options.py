"""The options of the configuration section ``[faceswap]``, checked where they are read."""

from __future__ import annotations

from airflow.sdk.configuration import conf

from airflow_provider_faceswap.exceptions import SettingsError

SECTION = "faceswap"


def option(name: str) -> str:
    """
    Return an option's text, empty if it is not set.

    :param name: of the option.
    """
    return (conf.get(SECTION, name, fallback="") or "").strip()


def required_option(name: str, remedy: str) -> str:
    """
    Return an option's text.

    :param name: of the option.
    :param remedy: what to set it to.
    :raises SettingsError: if it is not set.
    """
    value = option(name)
    if not value:
        raise SettingsError(f"[{SECTION}] {name} is not set: set it to {remedy}")
    return value


def check_folder_url(name: str, url: str) -> str:
    """
    Return the URL of a folder without a slash at its end.

    :param name: of the option that holds it.
    :param url: the option's text.
    :raises SettingsError: if it is not the URL of a folder.
    """
    url = url.rstrip("/")
    scheme, separator, rest = url.partition("://")
    relative = scheme in ("file", "local") and not rest.startswith("/")
    # Characters of a glob would be read as one by some filesystems.
    if not (scheme and separator and rest) or relative or ".." in rest.split("/") or set(rest) & set("*?[#"):
        raise SettingsError(
            f"[{SECTION}] {name} must be the URL of a folder, such as "
            f"s3://my_conn@my-bucket/faceswap-{name} or file:///data/faceswap-{name}"
        )
    return url


def folder_option(name: str) -> str | None:
    """
    Return the folder URL of an option, without a slash at its end, or None if it is not set.

    :param name: of the option.
    :raises SettingsError: if it is not the URL of a folder.
    """
    value = option(name)
    return check_folder_url(name, value) if value else None


def local_roots() -> tuple[str, ...]:
    """
    Return the folders of local disk that inputs may be read from; none by default.

    :raises SettingsError: if one is not absolute.
    """
    roots = tuple(part.strip() for part in option("local_roots").split(",") if part.strip())
    if not all(root.startswith("/") for root in roots):
        raise SettingsError(
            f"[{SECTION}] local_roots must be absolute folders, separated by commas, such as /data/faces"
        )
    return roots
