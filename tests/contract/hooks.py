"""What Schemathesis cannot know of the requests that it generates."""

import uuid

import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi import checks

# Codes of requests that are as documented and still refused, for what the server has stored or for what no schema can say.
STORED = {
    # They name what does not exist.
    "article-unknown",
    "author-unknown",
    "revision-unknown",
    "section-unknown",
    "topic-unknown",
    "user-unknown",
    # Their document has no title, and `title` is not given.
    "title-missing",
    # It depends on the clock, and on the role.
    "published-at-in-future",
    "published-at-forbidden",
    # A key that another request had.
    "idempotency-key-reused",
    # A cursor is what a response had as `next_cursor`, for the same list.
    "cursor-invalid",
}


CHECKS.unregister("positive_data_acceptance")


@schemathesis.check
def positive_data_acceptance(ctx, response, case):
    """Takes the place of the check of that name."""
    if response.status_code in (400, 422) and "json" in response.headers.get("content-type", [""])[0]:
        # An import that is no dry run needs `source` and `statement`, and a file has to have a column of addresses.
        is_import = case.operation.label == "POST /v1/subscriber-imports"
        known = STORED | {"parameter-missing", "email-column-missing"} if is_import else STORED
        codes = {error["code"] for error in response.json().get("errors", [])}
        if codes and codes <= known:
            return None
    return checks.positive_data_acceptance(ctx, response, case)


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """A key that is used again replays a response, also of what was deleted since."""
    if case.headers and "Idempotency-Key" in case.headers and case.meta and case.meta.generation.mode.is_positive:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
