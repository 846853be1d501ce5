"""Audit page: a snapshot's audit and model card as one HTML file; it asks for nothing and runs no script."""

from __future__ import annotations

from pathlib import Path

from riskmap.publish import audit_card, audit_data, audit_method
from riskmap.publish.audit import Audit
from riskmap.publish.page import element, page, write_page
from riskmap.publish.words import MEANING


def audit_page(audit: Audit) -> str:
    """The page, as HTML.

    Raises:
        RecipeError: The snapshot's recipe is not one of this version, so that nothing can be scored anew.
    """
    case = audit.snapshot.manifest["case"]
    sections = [
        audit_card.card(audit),
        audit_data.scores(audit),
        audit_data.grades(audit),
        audit_data.indicators(audit),
        audit_method.leave_provider_out(audit),
        audit_method.leave_indicator_out(audit),
        audit_method.variants(audit),
        audit_method.next_surveys(audit),
        audit_method.assumptions(audit),
        audit_method.one_by_one(audit),
        audit_method.coherence(audit),
        audit_card.weights(audit),
        audit_card.sources(audit),
        audit_card.recipe(audit),
    ]
    lead = [element("p", MEANING, ". Every number below is computed from the snapshot's own tables.")]
    return page(f"Audit: {case['title']}", lead, sections, synthetic=case["synthetic"])


def write_audit(audit: Audit, path: Path) -> Path:
    """Writes the page of an audit.

    Raises:
        LicenceForbids: A licence does not let what is made from its data leave.
        RecipeError: The snapshot's recipe is not one of this version.
        StoreError: The file cannot be written.
    """
    audit.snapshot.check_may_leave()
    return write_page(path, audit_page(audit))
