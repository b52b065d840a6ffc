"""What a newsroom's script does, with a client that is generated from the contract."""

import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TypeVar

from lede_client import AuthenticatedClient, Client
from lede_client.api.accounts import create_session, get_me
from lede_client.api.articles import get_article, list_articles
from lede_client.api.drafts import create_article, update_section
from lede_client.api.publishing import publish_article
from lede_client.api.subscribers import create_subscriber_import, subscribe_address
from lede_client.models import (
    ChangedKind,
    CreateArticle,
    CreateSession,
    ListArticlesFieldsItem,
    Problem,
    PublishArticle,
    SubscribeAddress,
    UpdateSection,
)
from lede_client.types import File

T = TypeVar("T")


def good(answer: T | Problem | None) -> T:
    """Insists that something was answered, and that it is no problem."""
    assert answer is not None and not isinstance(answer, Problem), answer
    return answer


MARKDOWN = """# Winds and sails

The wind turns before noon.

## Reefing

Early.

### How

With both hands.

## Gybing

Late.
"""

base_url, email, password = sys.argv[1:]
reader = Client(base_url=base_url)
session = good(create_session.sync(client=reader, body=CreateSession(email=email, password=password)))
editor = AuthenticatedClient(base_url=base_url, token=session.access_token)
assert good(get_me.sync(client=editor)).email == email

# A Markdown document becomes a tree of sections.
made = create_article.sync_detailed(client=editor, body=CreateArticle(markdown=MARKDOWN, topics=["winds"]))
assert made.status_code == 201, made
draft = good(made.parsed)
first, second = draft.sections
assert [first.heading, first.sections[0].heading, second.heading] == ["Reefing", "How", "Gybing"], draft
assert draft.subtitle is None and draft.schedule is None, draft

# Nobody reads what is not published.
early = get_article.sync(draft.slug, client=reader)
assert isinstance(early, Problem) and early.code == "not-found", early

# One section changes, and only if nobody else has changed it.
seen = f'"{draft.version}"'
written = good(
    update_section.sync(
        draft.slug, str(first.id), client=editor, if_match=seen, body=UpdateSection(body="Early, and then once more.")
    )
)
assert written.version > draft.version, written
late = update_section.sync_detailed(
    draft.slug, str(first.id), client=editor, if_match=seen, body=UpdateSection(body="No.")
)
assert late.status_code == 412 and isinstance(late.parsed, Problem), late
assert late.parsed.code == "changed-since" and late.parsed.version == written.version, late
changed = late.parsed.changed
assert isinstance(changed, list), late
assert [(part.kind, part.id, part.fields) for part in changed] == [(ChangedKind.SECTION, first.id, ["body"])], changed

# What goes out is the revision that was seen.
revision = written.section.revision
published = good(publish_article.sync(draft.slug, client=editor, body=PublishArticle(revision=revision)))
assert published.published_revision == revision, published
edition = good(get_article.sync(draft.slug, client=reader))
assert [section.anchor for section in edition.sections] == ["reefing", "gybing"], edition
assert [(entry.level, entry.anchor) for entry in edition.outline] == [(2, "reefing"), (3, "how"), (2, "gybing")]
assert edition.sections[0].html == "<p>Early, and then once more.</p>\n", edition.sections[0]

# Whole items, and items of the fields that are asked for.
hour_ago = datetime.now(UTC) - timedelta(hours=1)
page = good(list_articles.sync(client=reader, topic=["winds"], published_at_gte=hour_ago))
assert [(item.id, item.topics[0].slug) for item in page.items] == [(draft.id, "winds")], page
assert page.next_cursor is None, page
wanted = [ListArticlesFieldsItem.ID, ListArticlesFieldsItem.TITLE]
sparse = good(list_articles.sync(client=reader, topic=["winds"], fields=wanted))
assert [item.to_dict() for item in sparse.items] == [{"id": str(draft.id), "title": "Winds and sails"}], sparse

joined = subscribe_address.sync_detailed(client=reader, body=SubscribeAddress(email="alan@reader.example"))
assert joined.status_code == 202, joined
moved = good(
    create_subscriber_import.sync(client=editor, dry_run=True, body=File(BytesIO(b"email,name\nann@reader.example,Ann\n")))
)
assert moved.dry_run, moved
print("the Python client tells the story")
