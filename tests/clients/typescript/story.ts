// What a website and a newsroom's tool do, with a client that is generated from the contract: every call is checked by the
// compiler.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./contract.js";

type Draft = components["schemas"]["Draft"];

const [baseUrl, email, password] = process.argv.slice(2);
assert(baseUrl && email && password);

const session = await createClient<paths>({ baseUrl }).POST("/v1/auth/sessions", { body: { email, password } });
assert(session.data, JSON.stringify(session.error));

const editor = createClient<paths>({
  baseUrl,
  headers: { authorization: `Bearer ${session.data.access_token}` },
});
const reader = createClient<paths>({ baseUrl });
const me = await editor.GET("/v1/me");
assert.equal(me.data?.email, email);

// A Markdown document becomes a tree of sections.
const markdown = `---
title: Tides and harbours
slug: tides-and-harbours
tags: [Sea]
---
The sea comes **twice** a day.

## Reading the water

Look at the buoys.

### Slack water

For a while nothing moves.

## Leaving

Go with the ebb.
`;
const made = await editor.POST("/v1/articles", { body: { markdown, custom: { mood: "calm" } } });
assert.equal(made.response.status, 201, JSON.stringify(made.error));
const draft: Draft | undefined = made.data;
assert(draft);
const [first, second] = draft.sections;
assert(first && second);
assert.deepEqual([first.heading, first.sections[0]?.heading, second.heading], ["Reading the water", "Slack water", "Leaving"]);
assert.equal(draft.custom["mood"], "calm");
assert.equal(draft.subtitle, null);

// Nobody reads what is not published.
const path = { article: draft.slug };
const early = await reader.GET("/v1/articles/{article}", { params: { path } });
assert.equal(early.response.status, 404);
assert.equal(early.error?.code, "not-found");

// One section changes, and only if nobody else has changed it.
const change = { params: { path: { ...path, section: first.id }, header: { "If-Match": `"${draft.version}"` } } };
const written = await editor.PATCH("/v1/articles/{article}/draft/sections/{section}", {
  ...change,
  body: { body: "Look at the buoys: they lean with the current." },
});
assert(written.data, JSON.stringify(written.error));
assert(written.data.version > draft.version);
assert.equal(written.response.headers.get("etag"), `"${written.data.version}"`);
const late = await editor.PATCH("/v1/articles/{article}/draft/sections/{section}", { ...change, body: { body: "No." } });
assert.equal(late.response.status, 412, JSON.stringify(late.data));
const changed: components["schemas"]["ChangedPart"] | undefined = late.error?.changed?.[0];
assert.equal(late.error?.version, written.data.version);
assert.deepEqual([changed?.kind, changed?.id, changed?.fields, changed?.by?.id], ["section", first.id, ["body"], me.data?.id]);

// What goes out is the revision that was seen.
const published = await editor.POST("/v1/articles/{article}/publish", {
  params: { path },
  body: { revision: written.data.section.revision },
});
assert.equal(published.data?.status, "published", JSON.stringify(published.error));
const edition = await reader.GET("/v1/articles/{article}", { params: { path, query: { formats: ["html", "markdown"] } } });
assert(edition.data, JSON.stringify(edition.error));
// The members of what `fields` can shorten are optional: the document cannot say which request has which response.
assert.deepEqual(
  edition.data.sections?.map((section) => section.anchor),
  ["reading-the-water", "leaving"],
);
assert.deepEqual(
  edition.data.outline?.map(({ level, anchor }) => `${level} ${anchor}`),
  ["2 reading-the-water", "3 slack-water", "2 leaving"],
);
assert.equal(edition.data.sections?.[0]?.markdown, "Look at the buoys: they lean with the current.");
const custom: { [name: string]: unknown } | undefined = edition.data.custom;
assert.equal(custom?.["mood"], "calm");
const cover: components["schemas"]["ArticleCover"] | null | undefined = edition.data.cover;
assert.equal(cover, null);
const title: string | undefined = edition.data.title;
const { published_at } = edition.data;
assert(title && published_at);

const whole = await reader.GET("/v1/articles/{article}", { params: { path, query: { fields: ["content_text"] } } });
assert.match(whole.data?.content_text ?? "", /twice a day.*Slack water.*Go with the ebb/s);

// A list has the members that the page shows, and a filter takes a moment.
const list = await reader.GET("/v1/articles", {
  params: { query: { fields: ["id", "title", "slug"], topic: ["sea"], published_at_gte: published_at } },
});
assert.deepEqual(list.data?.items, [{ id: draft.id, slug: draft.slug, title: draft.title }]);
assert.equal(list.data.next_cursor, null);
const topics = await reader.GET("/v1/topics", { params: { query: { limit: 10, include_total: true } } });
assert.deepEqual([topics.data?.items.map((topic) => topic.name), topics.data?.total], [["Sea"], 1]);

const joined = await reader.POST("/v1/subscribers", { body: { email: "grace@reader.example", source: "footer" } });
assert.equal(joined.response.status, 202, JSON.stringify(joined.error));
assert.equal(joined.data?.status, "pending");

const moved = await editor.POST("/v1/subscriber-imports", {
  params: { query: { dry_run: true } },
  headers: { "content-type": "text/csv" },
  bodySerializer: (csv) => csv,
  body: "email,name\nann@reader.example,Ann\n",
});
assert.equal(moved.data?.dry_run, true, JSON.stringify(moved.error));
console.log("the TypeScript client tells the story");
