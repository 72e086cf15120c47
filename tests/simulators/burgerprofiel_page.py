"""The page of the simulator of Mijn Burgerprofiel: what each citizen, enterprise and association would see."""

from collections.abc import Sequence
from html import escape

from tests.simulators.burgerprofiel_bodies import DossierBody, NoticeBody, is_association, is_ssin

_HEAD = """<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mijn Burgerprofiel (simulator)</title>
<style>
body { font: 1rem/1.6 system-ui, sans-serif; color: #222; background: #fff; max-width: 60rem; margin: 0 auto;
  padding: 1rem; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #767676; }
a { color: #0044b3; } section { margin-top: 2.5rem; }
caption h3 { margin: 1.5rem 0 0; } td form { margin: 0; }
select, button { font: inherit; padding: .3rem .7rem; min-height: 2.5rem; }
a:focus-visible, button:focus-visible, select:focus-visible { outline: 3px solid #0044b3; outline-offset: 2px; }
.stil { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 40rem) { th, td { overflow-wrap: anywhere; hyphens: auto; padding: .3rem; font-size: .9rem; }
  button, time { white-space: nowrap; } td form button { padding: .3rem; } }
</style></head><body><main>
<h1>Mijn Burgerprofiel (simulator)</h1>
<p>Dit is een nagemaakte omgeving. Je ziet hier per burger, onderneming of vereniging wat Mijn Burgerprofiel zou tonen.
Niemand op deze pagina bestaat echt.</p>
"""
_FOOT = "</main></body></html>\n"


def page(dossiers: Sequence[DossierBody], notices: Sequence[NoticeBody], pulled: str) -> str:
    """The page, HTML without scripts; `pulled` is the part about what was asked of the city."""
    who = sorted(
        {agent.identificatie for dossier in dossiers for agent in dossier.agenten}
        | {one.identificatie for notice in notices for one in notice.bestemmelingen}
    )
    told = "".join(_person(number, dossiers, notices) for number in who) or "<p>Er is nog niets om te tonen.</p>\n"
    title = '<h2 id="gemeld">Wat de stad zelf meldde</h2>'
    return f'{_HEAD}{pulled}<section aria-labelledby="gemeld">{title}\n{told}</section>\n{_FOOT}'


def _person(number: str, dossiers: Sequence[DossierBody], notices: Sequence[NoticeBody]) -> str:
    mine = [one for one in dossiers if any(agent.identificatie == number for agent in one.agenten)]
    told = [one for one in notices if any(who.identificatie == number for who in one.bestemmelingen)]
    kind = "Burger" if is_ssin(number) else "Vereniging" if is_association(number) else "Onderneming"
    title = f"{kind} {escape(number)}"
    return f'<section aria-label="{title}"><h3>{title}</h3>\n{_dossiers(mine)}{_notices(told)}</section>\n'


def _dossiers(dossiers: Sequence[DossierBody]) -> str:
    if not dossiers:
        return "<p>Geen dossiers.</p>\n"
    rows = "".join(_dossier(one) for one in dossiers)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Dossier", "Status", "Wat moet je doen?", "Contact"))
    return f"<table><caption>Dossiers</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>\n"


def _dossier(one: DossierBody) -> str:
    status, contact = one.status, one.dossier_beheerder
    link = (
        f'<a href="{escape(one.doorverwijzing)}">{escape(one.naam)}</a><br>{escape(one.identificatie.dossier_nummer)}'
    )
    stands = f"{escape(status.vlaams_fase)}: {escape(status.vlaams_code)}<br>sinds {escape(one.wijzigings_datum)}"
    action = escape(status.actie.actie or "Niets")
    reach = "<br>".join(escape(text) for text in (contact.naam, contact.telefoon, contact.email) if text)
    return f'<tr><th scope="row">{link}</th><td>{stands}</td><td>{action}</td><td>{reach}</td></tr>'


def _notices(notices: Sequence[NoticeBody]) -> str:
    if not notices:
        return "<p>Geen meldingen.</p>\n"
    lines = []
    for notice in notices:
        pairs = notice.pairs()
        about = f"{pairs.get('DossierNaam', 'Dossier')} ({pairs['DossierNummer']})"
        lines.append(
            f"<li>{escape(about)}: {escape(pairs['StatusVlaamseFase'])}, {escape(pairs['StatusVlaamseCode'])}</li>"
        )
    return f"<h4>Meldingen</h4>\n<ul>{''.join(lines)}</ul>\n"
