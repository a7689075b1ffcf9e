"""Formulas for the page and for the PDF."""

import re

import pytest

from svcq_lib.reports.mathml import html_math, typst_math

FORMULAS = [
    r"\frac{1}{n}\sum_{i=1}^{n} (x_i-\bar{x})^2 \text{ if } \hat\beta",
    r"f(x)=\begin{cases} a & b \\ c & d\end{cases}",
    r"\alpha = \frac{k}{k-1}\left(1-\frac{\sum_{j}\sigma_j^2}{\sigma_T^2}\right)",
    r"\sqrt[3]{x} \operatorname{Var}(x)",
    r"\begin{pmatrix}1&0\\0&1\end{pmatrix}",
    r"\mathrm{NPS} = 100\,(p_+ - p_-)",
    r"R^2_{y\cdot x}\le 1 \quad x \in \{1,\dots,7\}",
    r"\left|x\right| \ge \log n",
    r"\overline{xy}\ \vec{v}\ \tilde z",
    r"\int_0^\infty e^{-x}\,dx \quad \lim_{n\to\infty} a_n",
    r"\binom{n}{k}",
    'x"y#[',
]


@pytest.fixture(scope="module")
def pdf_of_all():
    import typst

    calls = "\n".join("#" + typst_math(formula, display=True) for formula in FORMULAS)
    return typst.compile(f'#set document(title: "m")\n{calls}'.encode(), pdf_standards="ua-1")


def test_every_formula_compiles_for_the_pdf(pdf_of_all):
    assert pdf_of_all.startswith(b"%PDF")


@pytest.mark.parametrize("formula", FORMULAS)
def test_html_is_mathml_without_addresses(formula):
    shown = html_math(formula)
    assert shown.startswith("<math")
    assert shown.endswith("</math>")
    assert "xmlns" not in shown
    assert "://" not in shown


@pytest.mark.parametrize("formula", [r"\frac{", "", r"\unknown x", "{"])
def test_what_cannot_be_parsed_is_code(formula):
    assert html_math(formula) == f"<code>{formula}</code>"
    assert typst_math(formula) is None


def test_html_in_a_formula_is_text():
    shown = html_math(r"\text{<script>alert(1)</script>}")
    assert shown == r"<code>\text{&lt;script&gt;alert(1)&lt;/script&gt;}</code>"
    assert "href" not in html_math(r"x < \href{http://evil}{y}")


def test_every_text_in_typst_is_a_string_literal():
    shown = typst_math(r'\text{#set page("x")} \} ] #eval("1")')
    assert "#set" not in re.sub(r'"(\\.|[^"\\])*"', '""', shown)


def test_delimiters_grow_and_letters_slant():
    assert "math.lr(" in typst_math(r"\left(\frac{a}{b}\right)")
    assert typst_math("P") == 'math.equation(block: false, alt: "P", { { [#symbol("P")] } })'
    assert 'class="variable"' in html_math("P")
