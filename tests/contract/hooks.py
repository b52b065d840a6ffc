"""What Schemathesis cannot know of the requests that it generates."""

import os
import subprocess
import uuid

import requests
import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi import checks

# Codes of requests that are as documented and still refused, for what the server has stored or for what no schema can say.
STORED = {
    # They name what does not exist.
    "article-unknown",
    "assignee-unknown",
    "author-unknown",
    "owner-unknown",
    "revision-unknown",
    "section-unknown",
    "successor-unknown",
    "topic-unknown",
    "user-unknown",
    # Their document has no title, and `title` is not given.
    "title-missing",
    # They depend on other fields, or on what the server keeps for itself.
    "path-reserved",
    "revision-missing",
    "revision-without-publish-at",
    "schedule-empty",
    "to-missing",
    "to-forbidden",
    "unpublish-at-too-early",
    # They depend on the clock, or on the role.
    "publish-at-in-past",
    "unpublish-at-in-past",
    "code-wrong",
    "expires-at-in-past",
    "published-at-forbidden",
    "published-at-in-future",
    "scope-not-allowed",
    # It depends on the scopes and the expiry that the key has.
    "current-password-missing",
    # They depend on the role, the user, and a list of passwords; or count bytes, or different characters.
    "url-too-long",
    "password-common",
    "password-contains-context",
    "password-too-long",
    "password-too-short",
    "password-too-simple",
    # Where a webhook leads, which events there are, and which headers the server sets itself.
    "address-refused",
    "event-unknown",
    "header-not-allowed",
    # The id of an event is what a response had.
    "after-unknown",
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
        known = STORED | {"parameter-missing", "file-empty", "email-column-missing"} if is_import else STORED
        # Which members a change of many articles has depends on its action.
        if case.operation.label == "POST /v1/drafts/bulk":
            known = known | {"field-missing", "field-unknown"}
        # The pattern of a redirect's path says nothing of dot segments, white space and control characters.
        if case.operation.path == "/v1/redirects":
            known = known | {"path-malformed"}
        codes = {error["code"] for error in response.json().get("errors", [])}
        # Which letters a host may have outside ASCII, no pattern can say.
        if not str(case.body).isascii():
            known = known | {code for code in codes if code.endswith("url-malformed")}
        if codes and codes <= known:
            return None
    return checks.positive_data_acceptance(ctx, response, case)


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """A key that is used again replays a response, also of what was deleted since."""
    if case.headers and "Idempotency-Key" in case.headers and case.meta and case.meta.generation.mode.is_positive:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())


class Login:
    """Requests end the session, change the password, delay the next login or, as an admin, take the role away. When the
    user can no longer log in with the role, another user takes their place."""

    def __init__(self):
        self.users = 0
        self.role, self.password = os.environ["ROLE"], os.environ["PASSWORD"]

    def get(self, case, ctx):
        token = self.log_in() if self.users else None
        if token is None:
            self.users += 1
            add = [os.environ["LEDE"], "user", "add", self.email, "--role", self.role, "--password-stdin"]
            subprocess.run(add, input=self.password, text=True, check=True, stdout=subprocess.DEVNULL)
            token = self.log_in()
            assert token, "a new user cannot log in"
        return token

    def set(self, case, token, ctx):
        case.headers["Authorization"] = f"Bearer {token}"

    @property
    def email(self):
        return f"{self.role}{self.users if self.users > 1 else ''}@lede.example"

    def log_in(self):
        credentials = {"email": self.email, "password": self.password}
        response = requests.post(f"{os.environ['ADDRESS']}/v1/auth/sessions", json=credentials, timeout=30)
        is_usable = response.status_code == 201 and response.json()["user"]["role"] == self.role
        return response.json()["access_token"] if is_usable else None


if os.environ["ROLE"] != "anonymous":
    # An admin without the role is refused with 403; others are by many operations.
    schemathesis.auth(retry_on=[401, 403] if os.environ["ROLE"] == "admin" else [401])(Login)
