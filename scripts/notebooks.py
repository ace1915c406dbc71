"""Write the notebooks of the examples, from their scripts: `python -m scripts.notebooks`."""

import ast
from pathlib import Path

import jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = ("your_own_loop", "autoencoder_kl_tutorial")


def notebook_of(name: str) -> NotebookNode:
    """Give a script's cells; its docstring becomes a text under a headline."""
    notebook = jupytext.read(EXAMPLES / f"{name}.py")
    title, _, *text = ast.literal_eval(notebook.cells[0].source).strip().splitlines()
    notebook.cells[0] = new_markdown_cell("\n".join([f"# {title}", *text]))
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{name.replace('_', '-')}-{number}"
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("``", "`")
    notebook.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"}
    )
    return notebook


if __name__ == "__main__":
    for name in NAMES:
        (EXAMPLES / f"{name}.ipynb").write_text(jupytext.writes(notebook_of(name), "ipynb"), encoding="utf-8")
