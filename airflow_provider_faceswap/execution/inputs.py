"""The inputs of one purchase: what identifies them, what a result says of them, how the vendor gets them."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from airflow_provider_faceswap.apis.fields import as_flag, is_blank
from airflow_provider_faceswap.apis.media import Media, map_media, slots
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError
from airflow_provider_faceswap.hooks.settings import Settings
from airflow_provider_faceswap.journal.fingerprint import digest, digests
from airflow_provider_faceswap.storage.addresses import OR_ALLOW, unreachable_host
from airflow_provider_faceswap.storage.lineage import public_uri
from airflow_provider_faceswap.storage.signing import UnsignableError
from airflow_provider_faceswap.storage.sources import File, Link, Source, source_of

log = logging.getLogger(__name__)

_MAX_DESCRIBED = 16 * 1024
_ELSEWHERE = "upload the media where the vendor can fetch them and give their URL"


@dataclass(frozen=True)
class Inputs:
    """
    The inputs of one purchase.

    :param provider: the vendor's connection type.
    :param endpoint: the operation's key among the vendor's.
    :param request_class: what is submitted.
    :param fields: by the vendor's names, as the Dag's author gives them.
    :param settings: of the connection.
    :param own_names: the same media by further names that the operator has for them.
    :param idempotency_key: stands for the inputs, if given.
    :param presign_seconds: that a signed URL is valid for.
    :param check_limits: whether clips are measured where the vendor's documents limit them.
    :param find_source: returns where a medium lies.
    """

    provider: str
    endpoint: str
    request_class: type[Submission]
    fields: Mapping[str, Any]
    settings: Settings
    own_names: Mapping[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None
    presign_seconds: float = 3600
    check_limits: bool = True
    find_source: Callable[[str, Any], Source | None] = source_of

    @cached_property
    def digests(self) -> dict[str, str]:
        """A digest of each input: a file's path counts here, not its version."""
        return digests(self.provider, self.endpoint, self.fields, self.idempotency_key)

    @property
    def versions(self) -> dict[str, str]:
        """A digest of each file's version, as far as it can be found out now."""
        found = {name: self._version(file) for name, file in self._files.items()}
        return {name: version for name, version in found.items() if version}

    def identity(self) -> str:
        """
        Return one text for all that makes the result; equal for every task that would make the same.

        :return: nothing if a file is not there.
        :raises NotSentError: if a file's version cannot be found out now.
        """
        try:
            versions = {name: digest(file.version) for name, file in self._files.items()}
        except InputError:  # the checks before the submission say what is wrong
            return ""
        fields = map_media(self.request_class, self.fields, self._place)
        defaults = {name: known.default for name, known in self.request_class.model_fields.items()}
        telling = {
            name: value
            for name, value in fields.items()
            if not is_blank(value) and name not in self.request_class.beside and value != defaults.get(name)
        }
        what = digests(self.provider, self.endpoint, telling, self.idempotency_key)
        text = json.dumps([self.settings.base_url, sorted(what.items()), sorted(versions.items())])
        return hashlib.sha256(text.encode()).hexdigest()

    def _place(self, name: str, value: Any, _: Media) -> Any:
        source = self._sources.get(name)
        if isinstance(source, File):
            return public_uri(source.described).replace("s3a://", "s3://", 1)
        return value if source is None or isinstance(source, Link) else source.described

    @cached_property
    def described(self) -> dict[str, Any]:
        """The media as a result names them: URLs without query, paths, digests of content."""
        fields = self._each_media(lambda name, value, _: self._describe(name, value))
        own = {
            name: self._describe(name, value) for name, value in self.own_names.items() if value is not None
        }
        named = {name: fields[name] for name in self._media_fields if not is_blank(fields.get(name))} | own
        text = json.dumps(named, default=str)
        if len(text) > _MAX_DESCRIBED:
            return {"sha256": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"}
        return named

    def request(self) -> Submission:
        """
        Return the submission: files checked, and signed or read, clips measured, all fields checked.

        :raises InputError: naming the field and the remedy.
        :raises NotSentError: if something cannot be read now.
        """
        self._each_media(self._check)
        fields = {**self._each_media(self._sent), **self._flags}
        map_media(self.request_class, fields, self._check_reachable)
        length = self.request_class.clip_length
        if length and is_blank(fields.get(length)):
            fields[length] = self._measured()
        return self.request_class.checked(fields)

    @property
    def _media_fields(self) -> list[str]:
        return list(dict.fromkeys(slot.field for slot in slots(self.request_class)))

    @cached_property
    def _sources(self) -> dict[str, Source]:
        found: dict[str, Source] = {}

        def note(name: str, value: Any, media: Media) -> Any:
            if source := self.find_source(name, value):
                found[name] = source
            return value

        self._each_media(note)
        return found

    @property
    def _files(self) -> dict[str, File]:
        if self.idempotency_key:  # it stands for the versions, too
            return {}
        return {name: source for name, source in self._sources.items() if isinstance(source, File)}

    def _each_media(self, replace: Callable[[str, Any, Media], Any]) -> dict[str, Any]:
        return map_media(self.request_class, self.fields, replace)

    def _version(self, file: File) -> str:
        try:
            return digest(file.version)
        except FaceSwapError as error:  # it may be gone by the time that its result is collected
            log.info("%s: its version is not known now: %s", file.name, error)
            return ""

    def _describe(self, name: str, value: Any) -> str:
        source = self._sources.get(name) or source_of(name, value)
        return source.described if source else ""

    def _check(self, name: str, value: Any, media: Media) -> None:
        source = self._sources.get(name)
        if not isinstance(source, File):
            return
        source.check(media.kind)
        limit = self.request_class.max_clip_seconds
        if self.check_limits and media.kind == "video" and limit < float("inf"):
            from airflow_provider_faceswap.media.clip import check_length

            check_length(name, value, self.settings, limit)

    def _check_reachable(self, name: str, value: Any, media: Media) -> Any:
        is_url = isinstance(value, str) and value[:4].lower() == "http"
        if is_url and (host := unreachable_host(value, self.settings)):
            raise InputError(name, f"leads to {host}, which the vendor cannot reach; {_ELSEWHERE}{OR_ALLOW}")
        return value

    def _measured(self) -> float | None:
        clip = next((slot for slot in slots(self.request_class) if slot.media.kind == "video"), None)
        given = clip and self.fields.get(clip.field)
        if not isinstance(given, str):
            return None
        from airflow_provider_faceswap.media import measure_duration

        seconds = measure_duration(given, self.settings)
        log.info("The clip is %.2f s long", seconds)
        return seconds

    @cached_property
    def _flags(self) -> dict[str, bool]:
        """
        The fields that were not given and have content sent, where a URL cannot be made of a file.

        All media of such a field go as content: a link among them rules it out.
        """
        found: dict[str, list[Source]] = {}

        def note(name: str, value: Any, media: Media) -> Any:
            source = self._sources.get(name)
            if source and media.only_with and media.only_with not in self.fields:
                found.setdefault(media.only_with, []).append(source)
            return value

        self._each_media(note)
        return {
            flag: True
            for flag, sources in found.items()
            if any(map(self._needs_sending, sources)) and not any(isinstance(item, Link) for item in sources)
        }

    def _needs_sending(self, source: Source) -> bool:
        if not isinstance(source, File):
            return not isinstance(source, Link)
        try:
            source.signed(int(self.presign_seconds))
        except UnsignableError:
            return True
        return False

    def _sent(self, name: str, value: Any, media: Media) -> Any:
        """Return an input as it is sent: a file's content where the vendor takes it, else a signed URL."""
        source = self._sources.get(name)
        if not isinstance(source, File):
            return value
        flags = {**self.fields, **self._flags}
        by_content = bool(media.only_with and as_flag(flags.get(media.only_with)))
        takes_content = media.content and (by_content or not media.only_with)
        if takes_content and source.size <= media.max_bytes:
            content = source.content()
            return base64.b64encode(content).decode() if media.content == "base64" else content
        if by_content or not media.url:
            raise InputError(
                name,
                f"names a file of {source.size} bytes, and at most {media.max_bytes} can be sent along; "
                "give a smaller one",
            )
        try:
            return source.signed(int(self.presign_seconds))
        except UnsignableError as error:
            reason = str(error)
        if takes_content:
            reason += f", and it is larger than the {media.max_bytes} bytes that can be sent along"
        along = ""
        if media.only_with:
            along = f"set {media.only_with}=True and give all pictures as files, which are sent along, or "
        raise InputError(name, f"cannot be given to the vendor as a URL: {reason}; {along}{_ELSEWHERE}")
