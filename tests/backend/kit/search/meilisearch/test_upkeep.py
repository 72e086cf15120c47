"""The index becomes what it should be, or the old one stays; nothing that went wrong passes for done."""

import pytest

from backend.kit.search import Document
from backend.kit.search.meilisearch.administration import Administration
from backend.kit.search.meilisearch.contents import META, key_of
from backend.kit.search.meilisearch.faults import Away, Fault, Malformed, Mismatch, Refused, TaskFailed
from backend.kit.search.meilisearch.reader import Reader
from backend.kit.search.meilisearch.upkeep import bring_up_to_date, differs, rebuild
from tests.backend.kit.search.meilisearch.conftest import DOCUMENTS, SYNONYMS, document, reader_of
from tests.backend.kit.search.meilisearch.server import MASTER, Server

UID = "test_products"
STRANGE = key_of("met vreemd: id/€")


def titles(server: Server) -> list[str]:
    return sorted(one["title"] for key, one in server.documents(UID).items() if key != META)


def test_a_new_index_is_filled_beside_and_swapped_in(server: Server, admin: Administration, reader: Reader) -> None:
    done = bring_up_to_date(admin, UID, reader)
    assert (done.action, done.reason, done.sent) == ("rebuilt", "missing", len(DOCUMENTS))
    assert server.uids() == [UID], "nothing is left beside it"
    assert titles(server) == sorted(one.title for one in DOCUMENTS)
    kinds = [task["type"] for task in server.tasks.values()]
    assert kinds == [
        "indexCreation",
        "settingsUpdate",
        "documentAdditionOrUpdate",
        "indexCreation",
        "indexSwap",
        "indexDeletion",
    ], "settings come before documents"
    assert server.documents(UID)[META]["signature"] == reader.signature
    assert differs(admin, UID, reader) == ""


def test_nothing_is_sent_when_nothing_differs(server: Server, admin: Administration, reader: Reader) -> None:
    rebuild(admin, UID, reader)
    before = len(server.tasks)
    assert bring_up_to_date(admin, UID, reader).action == "nothing"
    assert bring_up_to_date(admin, UID, reader_of(*reversed(DOCUMENTS))).action == "nothing", "order says nothing"
    assert len(server.tasks) == before


def test_only_the_difference_is_sent(server: Server, admin: Administration, reader: Reader) -> None:
    rebuild(admin, UID, reader)
    changed = document("passport", "Aanvraag reispas voor kinderen", "Voor reizen buiten Europa.", "travel")
    after = reader_of(*DOCUMENTS[2:], changed, document("new", "Nieuw"))
    done = bring_up_to_date(admin, UID, after)
    assert (done.action, done.sent, done.removed) == ("changed", 2, 1)
    last = server.asked("POST", f"/indexes/{UID}/documents")[-1].body
    assert [one["id"] for one in last] == ["passport", "new", META], "what the index says of itself comes last"
    assert "Elektronische identiteitskaart" not in titles(server)
    assert STRANGE in server.documents(UID)
    assert differs(admin, UID, after) == ""


def test_other_synonyms_are_sent_without_a_rebuild(server: Server, admin: Administration, reader: Reader) -> None:
    rebuild(admin, UID, reader)
    after = reader_of(*DOCUMENTS, synonyms=(*SYNONYMS, ("huursubsidie", "huurpremie")))
    assert differs(admin, UID, after) == "behind"
    assert bring_up_to_date(admin, UID, after).action == "changed"
    assert server.indexes[UID]["settings"]["synonyms"]["huurpremie"]
    assert differs(admin, UID, after) == ""


def test_settings_changed_elsewhere_come_back(server: Server, admin: Administration, reader: Reader) -> None:
    rebuild(admin, UID, reader)
    server.indexes[UID]["settings"]["rankingRules"] = ["exactness"]
    done = bring_up_to_date(admin, UID, reader)
    assert (done.action, done.reason) == ("rebuilt", "settings changed elsewhere")
    assert server.indexes[UID]["settings"]["rankingRules"][0] == "words"


def test_settings_of_another_version_are_replaced(server: Server, admin: Administration, reader: Reader) -> None:
    rebuild(admin, UID, reader)
    server.documents(UID)[META]["settings"] = "older"
    assert bring_up_to_date(admin, UID, reader).reason == "settings"


def test_documents_lost_are_noticed(server: Server, admin: Administration, reader: Reader) -> None:
    rebuild(admin, UID, reader)
    del server.documents(UID)["rent"]
    assert bring_up_to_date(admin, UID, reader).reason == "documents"
    assert "rent" in server.documents(UID)


def test_what_an_earlier_rebuild_left_is_removed(server: Server, admin: Administration, reader: Reader) -> None:
    for name in (f"{UID}_new_abc", f"{UID}_new_def", "of_another"):
        admin.create(name)
    rebuild(admin, UID, reader)
    assert server.uids() == ["of_another", UID]


@pytest.mark.parametrize("kind", ["indexCreation", "settingsUpdate", "documentAdditionOrUpdate", "indexSwap"])
@pytest.mark.parametrize("code", ["internal", "canceled"])
def test_a_failed_task_fails_the_rebuild(
    server: Server, admin: Administration, reader: Reader, kind: str, code: str
) -> None:
    rebuild(admin, UID, reader)
    before = dict(server.documents(UID))
    server.fail_tasks[kind] = code
    with pytest.raises(TaskFailed) as failure:
        rebuild(admin, UID, reader_of(document("other", "Anders")))
    assert failure.value.code == code
    assert server.documents(UID) == before, "the index is what it was"
    server.fail_tasks.clear()
    assert rebuild(admin, UID, reader).sent == len(DOCUMENTS)
    assert server.uids() == [UID]


def test_documents_that_get_lost_on_the_way_are_noticed(server: Server, admin: Administration, reader: Reader) -> None:
    server.drop = 1
    with pytest.raises(Mismatch):
        rebuild(admin, UID, reader)
    assert UID not in server.uids()


def test_no_rights_and_no_server_are_faults(server: Server, reader: Reader) -> None:
    wrong = Administration(server.url, "wrong", seconds=5)
    with pytest.raises(Refused) as refusal:
        rebuild(wrong, UID, reader)
    assert refusal.value.code == "http_403"
    server.stop()
    with pytest.raises(Away):
        rebuild(Administration(server.url, MASTER, seconds=5), UID, reader)


def test_an_answer_that_is_none_is_a_fault(server: Server, admin: Administration, reader: Reader) -> None:
    rebuild(admin, UID, reader)
    original = server.answer
    bodies: list[object] = [[], {}, "x", {"taskUid": "no"}, {"results": 3, "total": 1}]
    for nonsense in bodies:
        server.answer = lambda request, body=nonsense: (200, body)  # type: ignore[method-assign,misc]  # noqa: ARG005
        with pytest.raises(Fault):
            rebuild(admin, UID, reader)
        with pytest.raises(Fault):
            admin.configure(UID, {"stopWords": []})
    server.answer = lambda request: (200, {})  # type: ignore[method-assign]  # noqa: ARG005
    with pytest.raises(Malformed):
        admin.count(UID)
    server.answer = lambda request: (200, b"[" * 200_000 + b"]" * 200_000)  # type: ignore[method-assign]  # noqa: ARG005
    with pytest.raises(Malformed) as deep:
        admin.count(UID)
    assert "RecursionError" in str(deep.value)
    server.answer = original  # type: ignore[method-assign]
    assert differs(admin, UID, reader) == ""


def test_time_is_up(server: Server, reader: Reader) -> None:
    admin = Administration(server.url, MASTER, seconds=20)
    admin.stop()
    with pytest.raises(Away) as fault:
        rebuild(admin, UID, reader)
    assert fault.value.code == "deadline"
    assert server.requests == []


def test_a_task_that_never_ends_is_given_up(server: Server, reader: Reader) -> None:
    original = server.answer

    def enqueued(request: object) -> tuple[int, object]:
        status, body = original(request)  # type: ignore[arg-type]
        if isinstance(body, dict) and "enqueuedAt" in body and "uid" in body:
            body = {**body, "status": "processing", "finishedAt": None, "duration": None}
        return status, body

    server.answer = enqueued  # type: ignore[method-assign]
    with pytest.raises(Away):
        rebuild(Administration(server.url, MASTER, seconds=0.3), UID, reader)


def test_many_documents_go_in_parts(server: Server, admin: Administration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.kit.search.meilisearch.administration.BATCH_BYTES", 3000)
    monkeypatch.setattr("backend.kit.search.meilisearch.administration._PAGE", 7)
    monkeypatch.setattr("backend.kit.search.meilisearch.administration._CHUNK", 4)
    many = [document(f"d{number}", f"Product {number}", "tekst " * 20) for number in range(30)]
    rebuild(admin, UID, reader_of(*many))
    additions = [one for one in server.requests if one.path.endswith("/documents") and one.method == "POST"]
    assert len(additions) > 5
    assert len(admin.digests(UID)) == 30
    assert bring_up_to_date(admin, UID, reader_of(*many[:11])).removed == 19
    assert len(server.asked("POST", f"/indexes/{UID}/documents/delete")) == 5


def test_ids_fit_the_servers_rules() -> None:
    assert key_of("0192-abc_X") == "0192-abc_X"
    strange = ["", "a b", "é", "x" * 600, META, "a/b", "a.b"]
    made = [key_of(one) for one in strange]
    assert all(one.isascii() and one.isalnum() and 1 <= len(one) <= 511 for one in made)
    assert len(set(made)) == len(strange)


def test_a_facet_cannot_have_the_name_of_an_attribute() -> None:
    only = Document(id="a", title="A")
    with pytest.raises(ValueError, match="cannot be facets"):
        from_facets(only)


def from_facets(only: Document) -> Reader:
    from backend.kit.search import Engine

    return Reader(Engine.build([only]), [only], (), ("title",))
