"""Each code block of the README and the documents is checked, by its language."""

from __future__ import annotations

import configparser
import csv
import json
import re
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from airflow.configuration import conf
from airflow.dag_processing.dagbag import DagBag

from airflow_provider_faceswap.batch.items.rows import make_rows
from airflow_provider_faceswap.callbacks.config import callback_base_url, callback_secrets, inbox_url
from airflow_provider_faceswap.exceptions import InputError, SettingsError
from airflow_provider_faceswap.options import folder_option, local_roots
from tests.docs.blocks import BLOCKS, FENCE, PAGES, ROOT, Block, blocks_of
from tests.docs.commands import OPTIONS, check_command, commands
from tests.docs.test_adding_a_vendor_page import EXAMPLE_FILES

# Blocks that nothing checks, by their page and how they begin, and why.
UNCHECKED = {
    ("docs/callbacks.md", "operator ── request with a signed URL ──▶"): "a drawing",
    ("docs/callbacks.md", "server {"): "of nginx, which is not installed",
    ("docs/adding-a-vendor.md", "acme-faceswap/"): "a drawing",
}
# A value that is left out. It may stand within a text, or for a whole value.
LEFT_OUT = re.compile(r"(?<=[\[:,])\s*…(?=\s*[\],}])")


def check_python(block: Block, tmp_path: Path) -> None:
    compile(block.text, str(block), "exec")
    if block.file.startswith("tests/") or block.file in EXAMPLE_FILES:
        return  # runs in test_dags_run.py, or in tests/vendors
    file = tmp_path / "block.py"
    file.write_text(block.text, encoding="utf-8")
    bag = DagBag(file, safe_mode=False)
    assert not bag.import_errors
    assert bag.dags, "the block makes no Dag"


def check_toml(block: Block, tmp_path: Path) -> None:
    assert block.text in EXAMPLE_FILES.values(), "it is not a file of a package that is tested"


def check_console(block: Block, tmp_path: Path) -> None:
    found = commands(block.text)
    assert found, "no line starts with '$ '"
    for words in found:
        check_command(words)


def check_json(block: Block, tmp_path: Path) -> None:
    json.loads(LEFT_OUT.sub("null", block.text))


def check_json_lines(block: Block, tmp_path: Path) -> None:
    for line in block.text.splitlines():
        json.loads(LEFT_OUT.sub("null", line))


def check_csv(block: Block, tmp_path: Path) -> None:
    """Check that the columns are names of rows, and that each line has a cell for each of them."""
    first, *lines = csv.reader(block.text.splitlines())
    rows = [dict(zip(first, line, strict=True)) for line in lines]
    make_rows(rows, provider="modelslab", common={"face": "https://example.com/face.jpg"})
    assert rows


def check_ini(block: Block, tmp_path: Path) -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(block.text)
    assert parser.sections()
    for section in parser.sections():
        if section == "celery" and find_spec("airflow.providers.celery") is None:
            continue  # only `make cluster-test` installs the provider that has these options
        for name, value in parser[section].items():
            known = name in OPTIONS if section == "faceswap" else conf.has_option(section, name)
            assert known, f"[{section}] has no option {name}"
            assert " #" not in value, f"Airflow would read the comment as a part of {name}"
            if section == "faceswap" and "…" not in value:
                _read_option(name, value)


def _read_option(name: str, value: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"AIRFLOW__FACESWAP__{name.upper()}", value)
        READERS[name]()


READERS: dict[str, Callable[[], object]] = {
    "callback_base_url": callback_base_url,
    "callback_secret": callback_secrets,
    "inbox": inbox_url,
    "spool": partial(folder_option, "spool"),
    "local_roots": local_roots,
}
CHECKS: dict[str, Callable[[Block, Path], None]] = {
    "python": check_python,
    "toml": check_toml,
    "console": check_console,
    "bash": check_console,
    "json": check_json,
    "jsonl": check_json_lines,
    "csv": check_csv,
    "ini": check_ini,
}


def is_left_out(block: Block) -> bool:
    return any(block.page == page and block.text.startswith(start) for page, start in UNCHECKED)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_block(block: Block, tmp_path: Path) -> None:
    if "retry_policy" in block.text:
        pytest.importorskip("airflow.sdk.definitions.retry_policy", reason="Airflow below 3.3 has none")
    if not is_left_out(block):
        assert block.language in CHECKS, f"nothing checks {block.language or 'a block without a language'!r}"
        CHECKS[block.language](block, tmp_path)


def test_no_block_is_overlooked() -> None:
    fences = [line for page in PAGES for line in page.read_text("utf-8").splitlines() if FENCE.match(line)]
    assert len(fences) == 2 * len(BLOCKS)
    assert {block.page for block in BLOCKS} >= {"README.md", "CONTRIBUTING.md", "docs/testing.md"}


def test_what_is_left_unchecked_is_still_there_and_has_no_check() -> None:
    for page, start in UNCHECKED:
        (block,) = (one for one in BLOCKS if one.page == page and one.text.startswith(start))
        assert block.language not in CHECKS


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "from airflow_provider_faceswap.operators.modelslab import NoSuchOperator"),
        ("python", "x = 1"),
        ("python", "def ("),
        ("console", "make test"),
        ("console", "$ make nothing"),
        ("console", "$ make compat NOTHING=1"),
        ("console", "$ python -m airflow_provider_faceswap.nothing"),
        ("console", "$ airflow connections try modelslab_default"),
        ("console", "$ pip install '.[nothing]'"),
        ("console", "$ export AIRFLOW__FACESWAP__NOTHING=1"),
        ("console", "$ export AIRFLOW__CORE__NOTHING=1"),
        ("console", "$ export NOTHING=1"),
        ("console", "$ source nothing"),
        ("console", "$ pip install --constraint nothing.txt ."),
        ("console", "$ .venv/bin/python -m pytest tests/nothing"),
        ("console", "$ .venv/bin/python -m pytest tests/system -k no_test_is_called_this"),
        ("console", "$ ftp example.com"),
        ("console", "$ make 'test"),
        ("json", "{'a': 1}"),
        ("json", '{"a": ……}'),
        ("csv", "target,output_name\ns3://my-bucket/a.mp4"),
        ("csv", "target,output\ns3://my-bucket/a.mp4,a"),
        ("ini", "[faceswap]\nnothing = 1"),
        ("ini", "[faceswap]\ninbox = file:///inbox  # of all"),
        ("ini", "[faceswap]\ninbox = inbox"),
        ("ini", "[faceswap]\ncallback_secret = too short"),
    ],
)
def test_a_block_that_does_not_work_is_found(language: str, text: str, tmp_path: Path) -> None:
    with pytest.raises((AssertionError, SyntaxError, ValueError, InputError, SettingsError)):
        CHECKS[language](Block("page.md", 1, language, text), tmp_path)


def test_an_option_that_a_program_does_not_have_is_found() -> None:
    with pytest.raises(Exception, match="exit status"):
        check_command(["python", "-m", "airflow_provider_faceswap.sandbox", "--ports", "1"])


def test_what_is_left_out_of_json_is_read() -> None:
    check_json(Block("page.md", 1, "json", '{"a": "https://…/x", "b": …, "c": [1, …]}'), ROOT)


def test_a_command_may_go_on_in_the_next_line() -> None:
    assert commands("$ a \\\n  b  # why\nits output\n$ c '{\n}' d\n") == [["a", "b"], ["c", "{\n}", "d"]]


def test_a_block_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"page.md:2: the block is not closed"):
        list(blocks_of("text\n```json\n{}\n", "page.md"))
