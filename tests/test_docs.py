"""What the guides name is there: commands with their options, settings, endpoints, links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from api.app import create_app
from api.cli import app
from workers.runtime import Runtime
from workers.settings import Settings

ROOT = Path(__file__).parents[1]
GUIDES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
TEXT = {path: path.read_text().replace("\\\n", " ") for path in GUIDES}
SETTINGS = {f"WEFT_{name.upper()}" for name in Settings.model_fields}
NOT_SETTINGS = {"WEFT_FETCH_", "WEFT_SHARED", "WEFT_TENANT"}
"""The beginning of several, where the benchmarks' data lie, and the default of `--tenant`."""


def _commands(text: str) -> Iterator[list[str]]:
    """Yield the words after `weft` of code, up to what the shell reads."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    spans = re.findall(
        r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    )
    for line in [*"\n".join(blocks).splitlines(), *spans]:
        if found := re.match(r"\s*(?:[A-Z_]+=\S+ )*weft ([^#;&>]+)", line):
            yield found[1].split()


def _fault(words: list[str]) -> str | None:
    """Return what is wrong with a command line; `a|b` are several."""
    command: Any = typer.main.get_command(app)
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        names = words.pop(0).split("|")
        if missing := [name for name in names if name not in command.commands]:
            return f"no command {missing}"
        command = command.commands[names[-1]]
    known = {"--help"} | {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    return f"no option {given - known}" if given - known else None


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_commands_and_their_options_exist(path: Path) -> None:
    faults = [(" ".join(words), _fault(words.copy())) for words in _commands(TEXT[path])]
    assert [each for each in faults if each[1]] == []


def test_every_setting_is_told_and_no_other() -> None:
    named = {name for text in TEXT.values() for name in re.findall(r"\bWEFT_[A-Z_]+", text)}
    assert named - NOT_SETTINGS <= SETTINGS
    told = TEXT[ROOT / "docs" / "production.md"]
    assert [name for name in sorted(SETTINGS) if f"`{name}`" not in told] == []


def test_endpoints_exist(tmp_path: Path) -> None:
    document = create_app(Runtime(Settings(data_dir=tmp_path, _env_file=None))).openapi()
    patterns = [re.sub(r"\{[^}]*\}", "[^ ]+", re.escape(p).replace(r"\{", "{").replace(r"\}", "}"))
                for p in document["paths"]]  # fmt: skip
    named = {
        (path.name, found.rstrip(".:-"))
        for path, text in TEXT.items()
        for found in re.findall(r"(?<![\w./])/(?:v1|nif|reconcile)/[\w/{}.:-]+", text)
    }
    unknown = {each for each in named if not any(re.fullmatch(p, each[1]) for p in patterns)}
    assert unknown == set()


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", TEXT[path])
    assert [target for target in targets if not (path.parent / target).exists()] == []
