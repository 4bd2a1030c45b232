"""What the README shows is what happens."""

import re
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from rotation import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Code blocks of the README in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def paragraphs(text: str) -> list[str]:
    """Paragraphs as they are printed, without the blanks at the ends of their lines."""
    return re.sub(r" +$", "", text, flags=re.MULTILINE).strip("\n").split("\n\n")


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> list[str]:
    """Paragraphs that the demo prints."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.setattr(sys, "argv", ["rotation", "demo"])
        patch.setenv("ROTATION_TRIALS", str(tmp_path_factory.mktemp("demo") / "trials.sqlite"))
        with pytest.raises(SystemExit) as end:
            cli.main()
    assert not end.value.code
    return paragraphs(printed.getvalue())


def test_the_quoted_table_is_what_the_demo_prints(demo):
    (quoted,) = blocks("text")
    assert paragraphs(quoted) == demo[: len(paragraphs(quoted))]
    assert "Sharpe" in demo[1]
    assert len(paragraphs(quoted)) > 2


def test_the_ten_lines_run_and_print_what_the_demo_does(demo, tmp_path, monkeypatch, capsys):
    code, more, check = blocks("python")
    assert len([line for line in code.splitlines() if line]) == 10
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "readme"}
    exec(compile(code, "README.md", "exec"), names)
    assert paragraphs(capsys.readouterr().out)[:3] == demo[:3]
    assert (tmp_path / "semis_to_software.html").stat().st_size > 0
    exec(compile(more, "README.md", "exec"), names)
    assert "The best by information_ratio of 1,000 strategies" in capsys.readouterr().out
    exec(compile(check, "README.md", "exec"), names)
    assert "0 errors" in capsys.readouterr().out


@pytest.mark.parametrize("recipe", sorted(set(re.findall(r"\bmake (\w+)", README))))
def test_every_recipe_is_in_the_makefile(recipe):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{recipe}:", makefile, flags=re.MULTILINE)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(((?!https?:)[^)#]+)", README))))
def test_every_link_leads_somewhere(target):
    assert (ROOT / target).exists()
