"""Resource: merges of a customer's file."""

from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.crm.customers.service import CustomerService
from backend.crm.links.schemas import (
    MergeCreate,
    MergePage,
    MergePreview,
    MergeResult,
    MergeUndo,
    MergeUndone,
    MergeWith,
)
from backend.crm.links.service import LinkService
from backend.kit.idempotency import Once
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_links(work: NamedDependency[Work]) -> LinkService:
    """Dependency `links`."""
    return LinkService(work, CustomerService(work))


class MergeController(Controller):
    """Merges."""

    path = "/customers/{customer_id:uuid}/merges"
    tags = ["crm"]
    dependencies = {"links": Provide(provide_links, sync_to_thread=False)}

    @post("/preview", status_code=200, problems=[404, 409])
    async def preview_merge(
        self, customer_id: FromPath[UUID], data: JSONBody[MergeWith], links: NamedDependency[LinkService]
    ) -> MergePreview:
        """Show the common file of two customers as it would be: which facts come first, and why; stores nothing.

        The customer in the address is the one that stays. 409 `kindsDiffer`, `identifiersDiffer` or
        `representsTheOther` when the two are certainly not the same, `customerMerged` when one of them is part of
        another file already.
        """
        return await links.preview(customer_id, data.merged_id)

    @post(problems=[404, 409, 412, 422])
    async def merge_customers(
        self,
        customer_id: FromPath[UUID],
        data: JSONBody[MergeCreate],
        links: NamedDependency[LinkService],
        once: NamedDependency[Once],
    ) -> Response[MergeResult]:
        """Make two customers one file, that of the customer in the address; can be undone at any time.

        Nothing is copied or moved: facts, contacts and questions stay with the customer they were told of, and the id
        of the other one leads to this file. `survivorVersion` and `mergedVersion` are those seen in the preview: 412
        when one of the two was changed since.
        """
        return await once.run(data, lambda: links.create(customer_id, data))

    @get(problems=[404])
    async def list_merges(
        self, customer_id: FromPath[UUID], links: NamedDependency[LinkService], page: NamedDependency[PageRequest]
    ) -> MergePage:
        """The merges of a customer's file, newest first, those that were taken back too."""
        return await links.page(customer_id, page)

    @post("/{merge_id:uuid}/undo", status_code=200, problems=[404, 409])
    async def undo_merge(
        self,
        customer_id: FromPath[UUID],
        merge_id: FromPath[UUID],
        data: JSONBody[MergeUndo],
        links: NamedDependency[LinkService],
    ) -> MergeUndone:
        """Take a merge back: both files are as they were, and what was done since is where it was done.

        Whoever had been merged into the restored customer goes with it. 409 `mergeUndone` when it was undone before.
        """
        return await links.undo(customer_id, merge_id, data.reason)
