// What a website does, with a client that is generated from the contract: every call is checked by the compiler.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./contract.js";

const [baseUrl, email, password] = process.argv.slice(2);
assert(baseUrl && email && password);

const session = await createClient<paths>({ baseUrl }).POST("/v1/auth/sessions", { body: { email, password } });
assert(session.data, JSON.stringify(session.error));

const editor = createClient<paths>({
  baseUrl,
  headers: { authorization: `Bearer ${session.data.access_token}` },
});
const me = await editor.GET("/v1/me");
assert.equal(me.data?.email, email);

const made = await editor.POST("/v1/topics", { body: { name: "Tides", slug: "tides" } });
assert.equal(made.response.status, 201, JSON.stringify(made.error));

const reader = createClient<paths>({ baseUrl });
const topic = await reader.GET("/v1/topics/{topic}", { params: { path: { topic: "tides" } } });
assert.equal(topic.data?.name, "Tides");

const page = await reader.GET("/v1/topics", { params: { query: { limit: 10, include_total: true } } });
const items: components["schemas"]["Topic"][] = page.data?.items ?? [];
assert.deepEqual(items.map((item) => item.slug), ["tides"]);

const refused = await reader.GET("/v1/topics/{topic}", { params: { path: { topic: "nothing" } } });
assert.equal(refused.error?.code, "not-found");
console.log("the TypeScript client tells the story");
