"""An executed notebook as an accessible PDF (PDF/UA-1), set by Typst: no LaTeX, no browser, no network."""

from __future__ import annotations

import shutil
import tempfile
from importlib import resources as package_files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nbconvert.exporters import Exporter
from traitlets import Enum, default

from svcq_lib.errors import ReportError
from svcq_lib.figures.style import font_files
from svcq_lib.reports.document import read_document
from svcq_lib.reports.fonts import GlyphPolicy, drawable
from svcq_lib.reports.model import Document
from svcq_lib.reports.typst_markup import theme, typst_source

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from typst import Fonts

# Import and settings, which every compilation needs.
_OPENING_LINES = 2


class SvcqPDFExporter(Exporter):
    """Export an executed notebook as a tagged PDF.

    Configurable as any nbconvert exporter: ``lang`` overrides the notebook's language, ``missing_glyphs``
    says what happens to characters that no font of ours can draw.
    """

    export_from_notebook = "svcq report (PDF)"
    output_mimetype = "application/pdf"

    lang = Enum(["", "en", "zh"], "", help="Language; empty takes the notebook's.").tag(config=True)
    missing_glyphs = Enum(
        ["error", "describe"], "error", help="Refuse characters without a glyph, or print their codes."
    ).tag(config=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(  # type: ignore[override]  # nbconvert's annotation is of its own default
        self, nb: NotebookNode, resources: Any | None = None, **kwargs: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Convert a notebook.

        Parameters
        ----------
        nb : NotebookNode
            The executed notebook.
        resources : dict, optional
            nbconvert's resources; the notebook's name is the title of last resort.
        **kwargs
            Passed on to nbconvert.

        Returns
        -------
        tuple of bytes and dict
            The PDF and the resources.
        """
        notebook, found = super().from_notebook_node(nb, resources, **kwargs)
        name = found.get("metadata", {}).get("name", "")
        document = read_document(notebook, self.lang or None, name=name)
        found["output_extension"] = ".pdf"
        return render_pdf(drawable(document, cast(GlyphPolicy, self.missing_glyphs))), found


def render_pdf(document: Document) -> bytes:
    """Typeset a document.

    Parameters
    ----------
    document : Document
        The document; every character should have a glyph (`svcq_lib.reports.fonts.drawable`).

    Returns
    -------
    bytes
        A PDF/UA-1 file without a date; the same bytes for the same document.

    Raises
    ------
    ReportError
        Naming the block, if the document cannot be typeset or would not be accessible.
    """
    import typst

    source, places, files = typst_source(document)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        layout = package_files.files("svcq_lib.reports") / "templates" / "report.typ"
        (root / "report.typ").write_text(layout.read_text(encoding="utf-8"), encoding="utf-8")
        (root / "theme.typ").write_text(theme(document), encoding="utf-8")
        for name, data in files.items():
            (root / name).write_bytes(data)
        fonts = typst.Fonts(include_system_fonts=False, font_paths=[_font_folder(root)])
        try:
            return _compiled(source, root, fonts)
        except typst.TypstError as error:
            where = _culprit(source, places, root, fonts, error.message)
            why = ". ".join([error.message, *map(str, error.hints)])
            raise ReportError(f"{where} cannot be set as an accessible PDF: {why}.") from error


def _compiled(source: str, root: Path, fonts: Fonts) -> bytes:
    import typst

    main = root / "main.typ"
    main.write_text(source, encoding="utf-8")
    return typst.compile(
        str(main), root=str(root), font_paths=fonts, format="pdf", pdf_standards="ua-1", timestamp=0
    )


def _culprit(source: str, places: dict[int, str], root: Path, fonts: Fonts, message: str) -> str:
    """Return the block that fails in the same way on its own: the compiler names only the layout's lines."""
    import typst

    lines = source.splitlines()
    opening = lines[:_OPENING_LINES]
    for number, place in places.items():
        alone = [*opening, *(lines[number - 1 : number] if number > _OPENING_LINES else [])]
        try:
            _compiled("\n".join(alone), root, fonts)
        except typst.TypstError as error:
            if error.message == message:
                return place
    return "the document"


def _font_folder(root: Path) -> str:
    """Offer Typst our font files alone: it takes folders, and the installed ones hold duplicates."""
    folder = root / "fonts"
    folder.mkdir()
    for path in font_files().values():
        try:
            (folder / path.name).symlink_to(path)
        except OSError:  # where links need a privilege
            shutil.copyfile(path, folder / path.name)
    return str(folder)
