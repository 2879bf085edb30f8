"""The call that an operator would make, in words; slow to import, so only a dry run does."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.apis.job import Cost
from airflow_provider_faceswap.apis.media import Media, map_media
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.apis.vocabulary import kind_by_name
from airflow_provider_faceswap.batch.items.rows import Row
from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.hooks.base import SwapHook
from airflow_provider_faceswap.journal.store import Journal
from airflow_provider_faceswap.operators.arguments import check_batch
from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.batches import check_offer, read_rows
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from airflow_provider_faceswap.storage.files import File, LocalFile, Source
from airflow_provider_faceswap.storage.sources import Content, Link, source_of

_KEY = "***"
_MAX_SHOWN = 200
_STAND_IN = "https://stands-in.example/"
_PICTURE = b"\xff\xd8\xff\xe0"
_UNMEASURED = 1.0


@dataclass
class Call:
    """
    One submission, as far as it is known without asking anybody.

    :param hook: of the connection.
    :param request_class: what is submitted.
    :param fields: by the vendor's names.
    :ivar price: by the vendor's price list; None where that is not known now.
    :ivar why_no_price: for people.
    """

    hook: SwapHook
    request_class: type[Submission]
    fields: Mapping[str, Any]
    price: Cost | None = None
    why_no_price: str = "the vendor publishes none"
    _shown: dict[Any, str] = field(default_factory=dict)

    def check(self) -> Submission:
        """
        Check the fields, with media that stand in for those that would be signed or read.

        :raises InputError: naming the field and the remedy.
        """
        fields = map_media(self.request_class, self.fields, self._stand_in)
        fields |= dict.fromkeys(self._flags(), True)
        length = self.request_class.clip_length
        measured = bool(length) and is_blank(fields.get(length))
        if measured:
            fields[length] = _UNMEASURED
        request = self.request_class.checked(fields)
        self.price = request.price()
        if measured:
            self.price, self.why_no_price = None, "it follows from the clip's length, which is measured later"
            self._shown[_UNMEASURED] = "(the clip's length in seconds)"
        return request

    def lines(self) -> Iterator[str]:
        """Yield the call for people."""
        if templates := sorted(name for name, value in self.fields.items() if _is_template(value)):
            yield f"Not checked, as they are templates: {', '.join(templates)}"
            body, path = dict(self.fields), f"/{self.request_class.operation}"
            self.why_no_price = "templates are not rendered"
        else:
            request = self.check()
            body, path = {**request.body(), **request.files()}, request.path(self.hook.settings.route)
            if request.webhook_is_ours:
                body["webhook"] = "(a signed URL of our receiver)"
        body, headers = self.hook.authorize(body, _KEY)
        yield f"{self.request_class.method} {self.hook.settings.base_url}{path}"
        yield from (f"{name}: {value}" for name, value in headers.items())
        yield json.dumps(self._readable(body), ensure_ascii=False, indent=2)

    def _flags(self) -> list[str]:
        """Return the fields that were not given and have content sent, as where a URL cannot be made."""
        found: dict[str, list[Source | None]] = {}

        def note(name: str, value: Any, media: Media) -> Any:
            if media.only_with and media.only_with not in self.fields:
                found.setdefault(media.only_with, []).append(source_of(name, value))
            return value

        map_media(self.request_class, self.fields, note)
        return [
            flag
            for flag, sources in found.items()
            if any(isinstance(source, (LocalFile, Content)) for source in sources)
            and not any(isinstance(source, Link) for source in sources)
        ]

    def _stand_in(self, name: str, value: Any, media: Media) -> Any:
        source = source_of(name, value)
        if not isinstance(source, File):
            return value
        flag = media.only_with
        if media.content and (not flag or self.fields.get(flag) or flag in self._flags()):
            content = _PICTURE + name.encode()
            sent = base64.b64encode(content).decode() if media.content == "base64" else content
            self._shown[sent] = f"(the content of {source.described})"
            return sent
        if isinstance(source, LocalFile):
            raise InputError(
                name,
                "is on local disk, and the vendor takes a URL here: put it into object storage"
                + (f", or set {flag}=True" if flag else ""),
            )
        url = f"{_STAND_IN}{name}{_suffix(source.described)}"
        self._shown[url] = f"(a signed URL of {source.described})"
        return url

    def _readable(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._readable(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._readable(item) for item in value]
        if not isinstance(value, bool) and isinstance(value, (str, bytes, float)) and value in self._shown:
            return self._shown[value]
        if isinstance(value, bytes):
            return f"({len(value)} bytes)"
        if isinstance(value, str) and value[:8].lower().startswith(("http://", "https://")):
            link = source_of("", value)
            return f"{link.described}?…" if isinstance(link, Link) and "?" in value else value
        if isinstance(value, str) and len(value) > _MAX_SHOWN:
            return f"({len(value)} characters)"
        return value


def describe(operator: Any) -> Iterator[str]:
    """
    Yield what an operator would send, and what that costs.

    :param operator: whose templates may be rendered.
    :raises FaceSwapError: if it would send nothing.
    """
    yield "Dry run: nothing is sent, signed or spent"
    yield from _batch(operator) if isinstance(operator, FaceSwapBatchOperator) else _swap(operator)


def _swap(operator: SwapOperator) -> Iterator[str]:
    if _is_template(operator.conn_id):
        raise InputError("conn_id", "is a template that is not rendered: call render_template_fields first")
    output_path = operator.output_path
    if _is_template(output_path):
        operator.output_path = None  # it cannot be checked before it is rendered
    try:
        if isinstance(operator, FaceSwapOperator):
            _choose(operator)
        operator._check()
    finally:
        operator.output_path = output_path
    operator.hook.check()
    call = Call(operator.hook, operator.request_class, operator.fields())
    try:
        lines = list(call.lines())
    except InputError as error:
        raise (operator._by_part(error) if isinstance(operator, FaceSwapOperator) else error) from None
    yield from lines
    if call.price and operator.max_cost is not None and call.price.amount > operator.max_cost:
        raise InputError(
            "max_cost",
            f"the call costs {_said(call.price)} by the price list, and {operator.max_cost:g} are allowed",
        )
    yield f"Price: {_said(call.price)}" if call.price else f"Price: not known, {call.why_no_price}"


def _choose(operator: FaceSwapOperator) -> None:
    if is_blank(operator.kind) and isinstance(operator.target, str) and not kind_by_name(operator.target):
        raise InputError("kind", "is not known without reading target: give kind='image' or 'video'")
    operator._choose(Journal({"ti": None}))  # type: ignore[typeddict-item]


def _batch(operator: FaceSwapBatchOperator) -> Iterator[str]:
    check_batch(operator)
    if not isinstance(operator.items, (str, list, tuple)) or _is_template(operator.items):
        yield "Items: they come from a template or another task, and are not known before that"
        return
    rows = read_rows(operator)
    check_offer(operator, rows)
    operator.hook.check()
    yield f"Rows: {len(rows)}"
    chosen = vendor(operator.hook.conn_type)
    calls = [Call(operator.hook, chosen.submission(row.endpoint), row.fields) for row in rows]
    if calls:
        yield "The first row's call:"
        yield from calls[0].lines()
    yield from _faults(rows, calls)
    yield _total(calls)


def _faults(rows: list[Row], calls: list[Call]) -> Iterator[str]:
    for row, call in zip(rows, calls, strict=True):
        try:
            call.check()
        except InputError as error:
            yield f"Row {row.index} would be refused: {error}"


def _total(calls: list[Call]) -> str:
    prices = [call.price for call in calls if call.price]
    unknown = [call for call in calls if call.price is None]
    if not prices:
        return f"Price of all rows: not known, {unknown[0].why_no_price}" if unknown else "Price: nothing"
    total = Cost(amount=sum(price.amount for price in prices), unit=prices[0].unit)
    more = f", and {len(unknown)} rows: {unknown[0].why_no_price}" if unknown else ""
    return f"Price of all rows: {_said(total)}{more}"


def _said(cost: Cost) -> str:
    return f"{cost.amount:g} {cost.unit}"


def _is_template(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_template, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_is_template, value))
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    return f".{name.rpartition('.')[2]}" if "." in name else ""
