"""The catalogue as a page: 24 sedes of which two are to be confirmed, 22 departments, 340 municipalities."""

from __future__ import annotations

import re


def test_the_page_shows_the_whole_catalogue_and_what_is_to_be_confirmed(entra):
    page = entra("sede", sede="S14").get("/territorio").text
    assert page.count("Por confirmar</span>") == 2
    assert page.count("Confirmada</span>") == 22
    assert len(set(re.findall(r'data-th="Código INE" class="cod">(\d{4})<', page))) == 340
    sansare = re.search(r"Sansare</th>.*?</tr>", page, re.S).group(0)
    assert "0206" in sansare and "GT0207" in sansare


def test_without_account_it_asks_to_log_in(client):
    assert client.get("/territorio").status_code == 302
