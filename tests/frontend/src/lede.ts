// Everything this site asks of Lede. The types are generated from the contract: `npm run client`.
import createClient from "openapi-fetch";
import type { components, paths } from "./contract";

export type Item = components["schemas"]["EditionItem"];

/** Where Lede is: for the build, and for the scripts of the search and preview pages. */
export const url = process.env["LEDE_URL"] ?? "http://127.0.0.1:8143";

const client = createClient<paths>({ baseUrl: url });

/** The answer, or an end of the build with what is wrong. */
function expect<T>({ data, error }: { data?: T; error?: { detail: string } }): T {
  if (data === undefined) throw new Error(error?.detail ?? "Lede does not answer");
  return data;
}

export const site = expect(await client.GET("/v1/site"));

/** Every page of a list, one after the other. */
async function all<T>(read: (cursor?: string) => Promise<{ items: T[]; next_cursor: string | null }>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return items;
}

/** Every listed article, newest first; all of them, or those about a topic or by an author. */
export const articles = (filter: { topic?: string[]; author?: string[] } = {}) =>
  all(async (cursor) =>
    expect(await client.GET("/v1/articles", { params: { query: { ...filter, limit: 100, ...(cursor && { cursor }) } } })),
  );

export const topics = () =>
  all(async (cursor) => expect(await client.GET("/v1/topics", { params: { query: { limit: 100, ...(cursor && { cursor }) } } })));

export const authors = () =>
  all(async (cursor) => expect(await client.GET("/v1/authors", { params: { query: { limit: 100, ...(cursor && { cursor }) } } })));

/** An article with its text, its neighbours and those like it. */
export async function article(id: string) {
  const path = { article: id };
  const [edition, text, adjacent, related] = await Promise.all([
    client.GET("/v1/articles/{article}", { params: { path } }).then(expect),
    client.GET("/v1/articles/{article}/html", { params: { path }, parseAs: "text" }).then(expect),
    client.GET("/v1/articles/{article}/adjacent", { params: { path } }).then(expect),
    client.GET("/v1/articles/{article}/related", { params: { path, query: { limit: 3 } } }).then(expect),
  ]);
  return { edition, text, adjacent, related: related.items };
}
