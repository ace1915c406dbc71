"""Sphinx extension: pages whose text stands elsewhere in the repository, and the gallery of examples/.

A page that holds only `<!-- the text of PATH -->` shows the file PATH. Links between files of the repository
become links between pages of the site; a file that is no page becomes a download, a folder plain text.
"""

import os
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from scripts.notebooks import notebook_of

DOCS = Path(__file__).parent
ROOT = DOCS.parent
EXAMPLES = ROOT / "examples"
HELPERS = {"picture", "scan", "shared"}
"""Files of examples/ that are no examples."""

STANDS_ELSEWHERE = re.compile(r"^<!-- the text of (\S+) -->\s*$")
LINK = re.compile(r"(?P<text>!?\[(?:[^\[\]]|\[[^\[\]]*\])*\])\((?P<path>[^()\s#:]+)(?P<anchor>#[^()\s]*)?\)")


def stubs() -> dict[Path, Path]:
    """Find the pages whose text stands elsewhere: the file with the text, and its page."""
    found = {}
    for page in sorted(DOCS.rglob("*.md")):
        if page.is_relative_to(DOCS / "_build"):
            continue
        named = STANDS_ELSEWHERE.match(page.read_text(encoding="utf-8"))
        if named:
            found[ROOT / named[1]] = page
    return found


def examples() -> list[Path]:
    """Find the examples."""
    return sorted(path for path in EXAMPLES.glob("*.py") if path.stem not in HELPERS)


def site_links(text: str, origin: Path, page: Path, homes: dict[Path, Path]) -> str:
    """Turn links between files into links between pages.

    Args:
        text: Markdown.
        origin: the file that the text is from.
        page: the page that shows it.
        homes: pages of files that stand elsewhere.

    Returns:
        The same text with links that Sphinx resolves.
    """

    def changed(link: re.Match[str]) -> str:
        if link["path"].startswith("/"):
            return link[0]
        target = Path(os.path.normpath(origin.parent / link["path"]))
        anchor = link["anchor"] or ""
        if target in homes:
            target = homes[target]
        elif target == EXAMPLES:
            target = DOCS / "gallery" / "index.md"
        elif target in examples():
            target = DOCS / "gallery" / f"{target.stem}.md"
        if target.is_dir():
            return link["text"].strip("[]")
        is_page = target.suffix == ".md" and "upstream" not in target.parts
        if target.is_relative_to(DOCS) and (is_page or link["text"].startswith("!")):
            return f"{link['text']}(/{target.relative_to(DOCS).as_posix()}{anchor})"
        if target.exists():
            kind = "" if link["text"].startswith("!") else "path:"
            return f"{link['text']}({kind}{Path(os.path.relpath(target, page.parent)).as_posix()})"
        return link[0]

    return LINK.sub(changed, text)


def read_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace a page's text by that of its file, and mend its links."""
    page = DOCS / f"{docname}.md"
    if not page.exists():
        return
    named = STANDS_ELSEWHERE.match(source[0])
    origin = ROOT / named[1] if named else page
    if named:
        app.env.note_dependency(str(origin))
        source[0] = origin.read_text(encoding="utf-8")
    source[0] = site_links(source[0], origin, page, stubs())


def gallery_page(example: Path) -> tuple[str, str]:
    """Turn an example, a script of text and code cells, into a page.

    Args:
        example: the script.

    Returns:
        The title and the page.
    """
    first, *cells = notebook_of(example.stem).cells
    title, _, text = first.source.partition("\n")
    parts = [title, text.strip()]
    if picture_of(example).exists():
        parts.append(f"![The picture that this example draws](/images/examples/{example.stem}.png)")
    for further in sorted(picture_of(example).parent.glob(f"{example.stem}_*.png")):
        parts.append(f"![The same with other options: {further.stem}](/images/examples/{further.name})")
    files = [path for path in (example, example.with_suffix(".ipynb")) if path.exists()]
    links = " and as a notebook, ".join(f"[{file.name}](path:../../examples/{file.name})" for file in files)
    parts.append(f"The whole script: {links}. It needs the other files of its folder.")
    for cell in cells:
        parts.append(f"```python\n{cell.source}\n```" if cell.cell_type == "code" else cell.source)
    return title.removeprefix("# "), "\n\n".join(parts) + "\n"


def picture_of(example: Path) -> Path:
    """Name the committed picture of an example's full run."""
    return DOCS / "images" / "examples" / f"{example.stem}.png"


def write_gallery(_app: Sphinx, _config: Config) -> None:
    """Write the gallery's pages."""
    pages, cards = {}, []
    for example in examples():
        title, pages[example.stem] = gallery_page(example)
        card = f":::{{grid-item-card}} {title}\n:link: {example.stem}\n:link-type: doc\n"
        if (DOCS / "images" / "gallery" / f"{example.stem}.png").exists():
            card += f":img-bottom: /images/gallery/{example.stem}.png\n"
            card += f":img-alt: A part of the picture that {example.name} draws\n"
        cards.append(card + ":::\n")
    text = (DOCS / "gallery.template").read_text(encoding="utf-8")
    toc = "\n".join(["```{toctree}", ":hidden:", *pages, "```"])
    pages["index"] = text.replace("CARDS", "\n".join(cards)).replace("TOC", toc)
    folder = DOCS / "gallery"
    folder.mkdir(exist_ok=True)
    for stale in {path.stem for path in folder.glob("*.md")} - pages.keys():
        (folder / f"{stale}.md").unlink()
    for name, page in pages.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != page:
            path.write_text(page, encoding="utf-8")


def plain_text(
    _app: Sphinx, kind: str, _name: str, _thing: object, _options: object, lines: list[str]
) -> None:
    """Keep what is no markup in docstrings: stars, as in (B, ch, *size), bars, and colons of attributes."""
    in_example = False
    for i, line in enumerate(lines):
        in_example = line.lstrip().startswith(">>>") or (in_example and bool(line.strip()))
        if not in_example:
            parts = line.split("`")
            parts[::2] = [re.sub(r"([*|])", r"\\\1", part) for part in parts[::2]]
            lines[i] = "`".join(parts)
    if kind in {"attribute", "data", "property"}:
        lines[:0] = ["..", ""]  # an empty comment, else napoleon takes what stands before a colon for a type


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("config-inited", write_gallery)
    app.connect("source-read", read_source)
    app.connect("autodoc-process-docstring", plain_text, priority=100)  # before napoleon
    return {"parallel_read_safe": True}
