"""The built site: links and anchors lead somewhere, pictures have a text, no page scrolls sideways.

`MONAI_BLURVAE_SITE` names a folder that `sphinx-build` has filled; without it the site is built here.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.pages import ROOT

pytest.importorskip("sphinx", reason="needs the extra `docs`")
pytestmark = pytest.mark.slow
WIDTH = 390
"""Of a phone, in pixels."""
MEASURE = """<iframe id="page" style="width: WIDTHpx; height: 800px; border: 0"></iframe>
<pre id="found"></pre><script>
const pages = PAGES, found = {}, frame = document.getElementById("page")
function next() {
    if (!pages.length) { document.getElementById("found").textContent = JSON.stringify(found); return }
    const page = pages.pop()
    frame.onload = () => {
        found[page] = frame.contentDocument.scrollingElement.scrollWidth
        next()
    }
    frame.src = page
}
next()
</script>"""


class Page(HTMLParser):
    """Links, anchors and pictures of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors, self.without_text = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag == "img":
            self.links.append(given["src"])
            if not (given.get("alt") or "").strip():
                self.without_text.append(given["src"])


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    if "MONAI_BLURVAE_SITE" in os.environ:
        return Path(os.environ["MONAI_BLURVAE_SITE"]).resolve()
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(ROOT / "docs"), str(folder)]
    subprocess.run(command, check=True)  # a process of its own: the extension and mocked modules stay there
    return folder


@pytest.fixture(scope="session")
def pages(site):
    return {
        path: Page(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
        if not {"_static", "_downloads"} & set(path.relative_to(site).parts)
    }


def test_links_and_anchors_lead_somewhere(site, pages):
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith("data:"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            is_there = target.is_file() and target.is_relative_to(site)
            anchor = unquote(parts.fragment)
            if not is_there or (anchor and target in pages and anchor not in pages[target].anchors):
                broken.append((path.relative_to(site).as_posix(), link))
    assert broken == []


def test_every_picture_has_a_text(site, pages):
    assert {
        path.relative_to(site).as_posix(): page.without_text
        for path, page in pages.items()
        if page.without_text
    } == {}


def test_the_site_needs_no_other_host(pages):
    """Scripts, styles and fonts come with the site: nobody learns who reads it."""
    hosts = re.compile(r"<(?:script|link|img)[^>]+(?:src|href)=\"https?://[^\"]*\"")
    assert [
        (path.name, found) for path in pages for found in hosts.findall(path.read_text(encoding="utf-8"))
    ] == []


def test_no_page_scrolls_sideways_on_a_phone(site, pages, tmp_path):
    """Tables and code scroll within themselves."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("needs chromium")
    names = [path.as_uri() for path in pages]
    measure = tmp_path / "measure.html"
    text = MEASURE.replace("PAGES", json.dumps(names)).replace("WIDTH", str(WIDTH))
    measure.write_text(text, encoding="utf-8")
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--allow-file-access-from-files",
        f"--user-data-dir={tmp_path}",
    ]
    flags += ["--virtual-time-budget=600000", "--dump-dom"]
    done = subprocess.run(
        [browser, *flags, measure.as_uri()], capture_output=True, text=True, timeout=300, check=True
    )
    found = json.loads(re.search(r'<pre id="found">(.*?)</pre>', done.stdout)[1])
    assert found.keys() == set(names)
    assert {name: width for name, width in found.items() if width > WIDTH} == {}
