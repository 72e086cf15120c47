"""Trying rules out: past questions placed by two sets, one imagined question by one."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from backend.catalogue.products.service import RoutedProduct, routed
from backend.contacts.facts.rules import first_postcode
from backend.contacts.facts.service import PastQuestion, past
from backend.contacts.rules import started
from backend.crm.customers.service import Residence, residences
from backend.kit.problems import unknown_reference
from backend.kit.schema import given
from backend.kit.work import Work
from backend.routing.placement.service import Directory, DirectoryStore, centre_of, team_of, term_of
from backend.routing.rulesets.rules import Book, Decision, Facts, Fallback, decide, shadows
from backend.routing.rulesets.service import active_rules, facts_of, with_active
from backend.routing.trials.rules import Comparison, Past, compare
from backend.routing.trials.schemas import DryRun, DryRunView, Move, MovedQuestion, Preview, PreviewView, RuleUse

_SHOWN = 100


class TrialService:
    """What rules would do.

    Args:
        work: the unit of work.
        store: departments and levels.
    """

    def __init__(self, work: Work, store: DirectoryStore) -> None:
        self._work = work
        self._store = store

    async def dry_run(self, rule_set_id: UUID, data: DryRun) -> DryRunView:
        """Place past questions by the active rules and by those of this set; 404.

        The number of statements is fixed, however many questions; those that are alike are decided once.
        """
        uow, directory = self._work.uow, await self._store.get()
        active, tried = await with_active(uow, rule_set_id)
        questions = await past(self._work, given(data.since), data.most)
        products = await routed(uow, {one.product_id for one in questions if one.product_id}, themes=True)
        customers = await residences(uow, {one.customer_id for one in questions if one.customer_id})
        known = [_past(one, products, customers, directory) for one in questions]
        fallback = Fallback(active=directory.sensitive, centre=centre_of(directory))
        found = await asyncio.to_thread(compare, known, active, tried, fallback, partial(_days, directory))
        self._work.trail.record("ruleSet", [rule_set_id])
        return DryRunView(
            active=active.number or None,
            questions=len(questions),
            since=min((one.created_at for one in questions), default=None),
            same=found.same,
            elsewhere=found.elsewhere,
            other_priority=found.other_priority,
            other_term=found.other_term,
            moves=[
                Move(from_department_id=before, to_department_id=after, questions=number)
                for (before, after), number in found.moves.most_common()
            ],
            rules=_uses(tried, found),
            moved=self._moved(questions, found),
        )

    async def preview(self, data: Preview) -> PreviewView:
        """Where one question would go, and why; 400 for an unknown product or department, 404 for an unknown set."""
        uow, directory, product_id = self._work.uow, await self._store.get(), given(data.product_id)
        rule_set_id, chosen = given(data.rule_set_id), given(data.department_id)
        rules = (await with_active(uow, rule_set_id))[1] if rule_set_id else await active_rules(uow)
        product = (await routed(uow, [product_id], themes=True)).get(product_id) if product_id else None
        if product_id and product is None:
            raise unknown_reference("productId", f"No product {product_id}.")
        if chosen and chosen not in directory.sensitive:
            raise unknown_reference("departmentId", "No such department, or it is not active any more.")
        facts = Facts(
            kind=data.kind,
            channel=data.channel,
            product_id=product_id,
            themes=product.themes if product else frozenset(),
            postcode=first_postcode(given(data.postcode)),
            customer_kind=given(data.customer_kind),
            topic=given(data.topic),
        )
        fallback = Fallback(
            active=directory.sensitive,
            centre=centre_of(directory),
            chosen=chosen,
            team=team_of(directory, given(data.team)),
            responsible=product.department_id if product else None,
        )
        found = decide(rules, facts, fallback)
        term = term_of(directory, facts, found)
        self._work.trail.record("routing")
        return PreviewView(
            department_id=found.department_id,
            why=found.why,
            rule_set=rules.number or None,
            rule=found.rule or None,
            rule_name=found.name,
            priority=found.priority,
            working_days=term.days,
            deadline=started(term, self._work.now).deadline,
        )

    def _moved(self, questions: Sequence[PastQuestion], found: Comparison) -> list[MovedQuestion]:
        """The first of those that go elsewhere; each is a look at that question."""
        shown = [(questions[place], before, after) for place, before, after in found.moved[:_SHOWN]]
        fields = {"subject" if one.subject is not None else "reference" for one, _, _ in shown}
        self._work.trail.record("question", [one.id for one, _, _ in shown], fields=sorted(fields))
        return [
            MovedQuestion(
                id=one.id,
                reference=one.reference,
                subject=one.subject,
                from_department_id=before.department_id,
                to_department_id=after.department_id,
            )
            for one, before, after in shown
        ]


def _days(directory: Directory, facts: Facts, decision: Decision) -> int:
    return term_of(directory, facts, decision).days


def _past(
    one: PastQuestion,
    products: dict[UUID, RoutedProduct],
    customers: dict[UUID, Residence],
    directory: Directory,
) -> Past:
    product = products.get(one.product_id) if one.product_id else None
    customer = customers.get(one.customer_id) if one.customer_id else None
    responsible = product.department_id if product else None
    return Past(
        facts=facts_of(one, product, customer),
        chosen=one.chosen_id,
        team=team_of(directory, one.team),
        responsible=responsible,
    )


def _uses(tried: Book, found: Comparison) -> list[RuleUse]:
    shadowed = shadows(tried)
    return [
        RuleUse(
            rule=number,
            name=rule.name,
            decides=found.decides[number],
            fits=found.fits[number],
            shadowed_by=shadowed.get(number),
        )
        for number, rule in enumerate(tried.rules, start=1)
    ]
