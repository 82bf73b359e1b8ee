"""docs/notebook.ipynb runs, and draws its pictures."""

import nbformat
from nbclient import NotebookClient

from conftest import ROOT


def test_the_notebook_runs(monkeypatch):
    # Otherwise the pictures would go where that says instead of into the notebook.
    monkeypatch.delenv("MPLBACKEND", raising=False)
    notebook = nbformat.read(ROOT / "docs/notebook.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 3
    text = "".join(output.get("text", "") for output in outputs)
    assert "accuracy on new windows" in text and "#define PUMP_BYTES" in text
    tables = [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    assert len(tables) == 3 and all("<table>" in table for table in tables)
