// What a website and a newsroom's tool do, with a client that parses every response at run time: what
// the server sends has to be what the document says.
import assert from "node:assert/strict";
import {
  createArticle, createSession, getArticle, getMe, getTopic, createSubscriberImport, listArticles, publishArticle, subscribeAddress,
  updateDraft,
} from "./client/index.js";
import { createClient, createConfig } from "./client/client/index.js";
import { zProblem } from "./client/zod.gen.js";

const [baseUrl, email, password] = process.argv.slice(2);
assert(baseUrl && email && password);

/** The body of a response; anything that was refused or could not be parsed is told. */
function good<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(error instanceof Error ? error.message : JSON.stringify(error));
  return data;
}

const reader = createClient(createConfig({ baseUrl }));
const session = good(await createSession({ client: reader, body: { email, password } }));
const editor = createClient(createConfig({ baseUrl, auth: session.access_token }));
assert.equal(good(await getMe({ client: editor })).email, email);

// A Markdown document becomes a tree of sections.
const markdown = "# Charts and pilots\n\nA chart is a promise.\n\n## Soundings\n\nBy the lead.\n";
const draft = good(await createArticle({ client: editor, body: { markdown, topics: ["charts"], custom: { mood: "calm" } } }));
assert.deepEqual(draft.sections.map((section) => section.anchor), ["soundings"]);
assert.equal(draft.custom["mood"], "calm");

// Metadata changes, and only if nobody else has changed it.
const path = { article: draft.slug };
const seen = { "If-Match": `"${draft.version}"` };
const changed = good(await updateDraft({ client: editor, path, headers: seen, body: { subtitle: "And how they part" } }));
assert(changed.version > draft.version);
const late = await updateDraft({ client: editor, path, headers: seen, body: { subtitle: "No." } });
assert.equal(late.response?.status, 412);
const problem = zProblem.parse(late.error);
assert.equal(problem.code, "changed-since");
assert.equal(problem.version, changed.version);
assert.deepEqual(problem.changed?.map(({ kind, id, fields }) => ({ kind, id, fields })), [
  { kind: "metadata", id: draft.id, fields: ["subtitle"] },
]);

// What goes out is the revision that was seen: a number, as JSON has it.
const published = good(await publishArticle({ client: editor, path, body: { revision: changed.revision } }));
assert.equal(published.status, "published");
const edition = good(await getArticle({ client: reader, path }));
assert.equal(edition.title, "Charts and pilots");
assert.equal(edition.sections?.[0]?.html, "<p>By the lead.</p>\n");

// Whole items page by page, and items of two fields.
const page = good(await listArticles({ client: reader, query: { topic: ["charts"], limit: 1 } }));
assert.deepEqual(page.items.map((item) => item.id), [draft.id]);
const sparse = good(await listArticles({ client: reader, query: { topic: ["charts"], fields: ["title", "slug"] } }));
assert.deepEqual(sparse.items, [{ title: "Charts and pilots", slug: draft.slug }]);
const topic = good(await getTopic({ client: reader, path: { topic: "charts" }, query: { fields: ["article_count"] } }));
assert.deepEqual(topic, { article_count: 1 });

// Readers subscribe, and a list moves in.
const joined = good(await subscribeAddress({ client: reader, body: { email: "edith@reader.example" } }));
assert.equal(joined.status, "pending");
const moved = good(await createSubscriberImport({
  client: editor, query: { dry_run: true }, body: "email,name\nann@reader.example,Ann\n",
}));
assert.equal(moved.dry_run, true);
console.log("the zod client tells the story");
