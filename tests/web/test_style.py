"""The stylesheet, the icons and the scripts hold exactly what the pages use."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CODE = [*sorted((ROOT / "ciem" / "web").rglob("*.py")), *sorted((ROOT / "static" / "js").glob("*.js"))]
CODE_WITH_CLASSES = [ROOT / "ciem" / "web" / "templatetags" / "web.py", *sorted((ROOT / "static" / "js").glob("*.js"))]
CSS = (ROOT / "static" / "css" / "base.css").read_text()
RULES = re.sub(r"/\*.*?\*/", "", CSS, flags=re.S)
# Made of two parts in the templates: `verdict-{{ … }}` and the like.
COMPOSED = {
    f"{stem}-{verdict}" for stem in ("verdict", "p") for verdict in ("allowed", "conditional", "unknown", "denied")
}
COMPOSED |= {f"note-{kind}" for kind in ("gap", "bad", "good", "info")}
# The words of states, and what htmx sets.
COMPOSED |= {"k", "s", "done", "failed", "htmx-indicator", "htmx-request", "p-on", "t-bad", "t-good", "t-gap", "toast"}


def text_of(paths):
    return "\n".join(path.read_text() for path in paths)


def test_every_class_of_the_stylesheet_is_used_by_a_page():
    on_pages = " ".join(re.findall(r'class="((?:[^"{]|\{%.*?%\}|\{\{.*?\}\})*)"', text_of(TEMPLATES)))
    used = set(re.findall(r"[\w-]+", on_pages)) | set(re.findall(r"[\w-]+", text_of(CODE_WITH_CLASSES))) | COMPOSED
    assert sorted(set(re.findall(r"\.([a-z][\w-]*)", RULES)) - used) == []


def test_every_class_on_a_page_is_in_the_stylesheet():
    plain = re.sub(r"\{[%{].*?[%}]\}", " ", text_of(TEMPLATES))
    named = {name for value in re.findall(r'class="([^"]*)"', plain) for name in value.split()}
    known = set(re.findall(r"\.([a-z][\w-]*)", RULES))
    assert sorted(name for name in named - known if not name.endswith("-")) == []


def test_every_icon_exists_and_is_used():
    icons = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text()))
    called = set(re.findall(r'\{% icon "([^"]+)"', text_of(TEMPLATES)))
    assert called <= icons
    code = text_of([*TEMPLATES, *CODE])
    assert sorted(icon for icon in icons if f'"{icon}"' not in code) == []


def test_every_token_that_is_used_is_defined_and_the_other_way_round():
    used = set(re.findall(r"var\(--([\w-]+)\)", RULES))
    assert used == set(re.findall(r"--([\w-]+):", RULES))


def test_scripts_and_styles_stay_small_enough_to_read():
    assert len(CSS.splitlines()) <= 600
    for script in (ROOT / "static" / "js").glob("*.js"):
        assert len(script.read_text().splitlines()) <= 150, script
