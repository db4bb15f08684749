"""The review's API: groups of questions that the bot did not answer well, and what is decided about them."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions import review, review_keeping
from caredesk.actions.review_views import cluster_view, judged_list, judged_table, review_list
from caredesk.console.review_schemas import (
    ClusterPath,
    ClustersQuery,
    Dismissal,
    EntryFromCluster,
    JudgedPath,
    Judgement,
    MadeEntry,
    SimilarOfEntry,
)
from caredesk.conversations.rules import tidy_text
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.knowledge_base.review_schemas import ClusterView, JudgedList, ReviewList
from caredesk.knowledge_base.schemas import EntryContent

TAG = Tag(name="review", description="What the bot did not answer well. Session cookie; writes carry X-CSRF-Token.")
api = APIBlueprint("review", __name__, url_prefix="/api/console/kb/review", abp_tags=[TAG])


@api.get("/clusters", responses={200: ReviewList})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_clusters(query: ClustersQuery) -> ResponseReturnValue:
    """Groups of a state: open ones by what they cost, closed ones by when."""
    services = current_services()
    with read(services) as session:
        shown = review_list(session, state=query.state, now=services.clock.now())
    return answer(shown)


@api.get("/clusters/<cluster_id>", responses={200: ClusterView})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_cluster(path: ClusterPath) -> ResponseReturnValue:
    """One group with its questions and the draft."""
    with read(current_services()) as session:
        shown = cluster_view(session, cluster_id=path.cluster_id)
    return answer(shown)


@api.post("/collect")
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_collect() -> ResponseReturnValue:
    """Collect and group anew at once, instead of tonight."""
    with write(current_services(), actor=current_actor()) as work:
        review_keeping.collect_now(work)
    return no_content()


@api.post("/clusters/<cluster_id>/entry", responses={200: MadeEntry})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_entry(path: ClusterPath, body: EntryFromCluster) -> ResponseReturnValue:
    """Begin an entry for the chosen questions."""
    content = EntryContent(
        id="",
        category=tidy_text(body.category).strip(),
        question=tidy_text(body.question).strip(),
        similar=tuple(dict.fromkeys(text for text in map(str.strip, map(tidy_text, body.similar)) if text)),
        answer=tidy_text(body.answer).strip(),
    )
    with write(current_services(), actor=current_actor()) as work:
        entry = review.make_entry(
            work,
            cluster_id=path.cluster_id,
            question_ids=body.question_ids,
            content=content,
            for_review=body.for_review,
        )
        shown = MadeEntry(entry_id=entry.id)
    return answer(shown)


@api.post("/clusters/<cluster_id>/similar", responses={200: MadeEntry})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_similar(path: ClusterPath, body: SimilarOfEntry) -> ResponseReturnValue:
    """Add the chosen questions to an entry as similar ones."""
    with write(current_services(), actor=current_actor()) as work:
        entry = review.add_similar(
            work, cluster_id=path.cluster_id, question_ids=body.question_ids, entry_id=body.entry_id
        )
        shown = MadeEntry(entry_id=entry.id)
    return answer(shown)


@api.post("/clusters/<cluster_id>/judgement")
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_judgement(path: ClusterPath, body: Judgement) -> ResponseReturnValue:
    """Say what is right for the chosen questions; every release is asked them before it is published."""
    with write(current_services(), actor=current_actor()) as work:
        review.judge(work, cluster_id=path.cluster_id, question_ids=body.question_ids, expected=body.expected)
    return no_content()


@api.post("/clusters/<cluster_id>/dismiss")
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_dismiss(path: ClusterPath, body: Dismissal) -> ResponseReturnValue:
    """Take a group off the list: it is not our topic, or done otherwise."""
    with write(current_services(), actor=current_actor()) as work:
        review.dismiss(work, cluster_id=path.cluster_id, outcome=body.kind)
    return no_content()


@api.post("/clusters/<cluster_id>/reopen")
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_reopen(path: ClusterPath) -> ResponseReturnValue:
    """Bring a closed group back onto the list."""
    with write(current_services(), actor=current_actor()) as work:
        review.reopen(work, cluster_id=path.cluster_id)
    return no_content()


# ---- judged questions ------------------------------------------------------------------------------------


@api.get("/judged", responses={200: JudgedList})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_judged() -> ResponseReturnValue:
    """Every judged question, newest first."""
    with read(current_services()) as session:
        shown = judged_list(session)
    return answer(shown)


@api.get("/judged.csv")
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_judged_csv() -> ResponseReturnValue:
    """The judged questions as `caredesk bot evaluate` reads them."""
    with read(current_services()) as session:
        table = judged_table(session)
    response = Response("\ufeff" + table, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="caredesk-judged.csv"'
    return response


@api.post("/judged/<judged_id>/withdraw")
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_withdraw(path: JudgedPath) -> ResponseReturnValue:
    """Take a question out of the regression set."""
    with write(current_services(), actor=current_actor()) as work:
        review.withdraw_judgement(work, judged_id=path.judged_id)
    return no_content()
