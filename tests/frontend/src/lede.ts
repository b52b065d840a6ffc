// Everything the website asks of Lede goes through this client. Its types are generated from the contract: what is not in
// there does not compile. Pages use it when the site is built, the scripts of the search and the preview in the browser.
import { LEDE_URL } from "astro:env/client";
import createClient from "openapi-fetch";
import type { components, paths } from "./contract";

/**
 * A response with all its members. Where `fields` can leave some out, the contract requires none; but whoever asks knows
 * which there are.
 */
export type Whole<T> = T extends object ? { [Name in keyof T]-?: Whole<T[Name]> } : T;

export type Article = Whole<components["schemas"]["PartialEdition"]>;
export type Problem = components["schemas"]["Problem"];
export type Item = components["schemas"]["EditionItem"];

export const connect = () =>
  createClient<paths>({ baseUrl: LEDE_URL, querySerializer: { array: { style: "form", explode: false } } });

export const lede = connect();

/** The data of a response. Throws if it is a problem. */
export async function get<T>(response: Promise<{ data?: T; error?: Problem }>): Promise<Whole<T>> {
  const { data, error } = await response;
  if (error) throw new Error(error.detail, { cause: error });
  return data as Whole<T>;
}

/** Every page of a list, each asked for with the cursor that the one before names. */
export async function pagesOf<Page extends { next_cursor: string | null; has_more?: boolean }>(
  ask: (cursor?: string) => Promise<Page>,
): Promise<Page[]> {
  const pages = [await ask()];
  for (let last = pages[0]; last?.next_cursor && last.has_more !== false; pages.push(last)) last = await ask(last.next_cursor);
  return pages;
}

/** What the page of an article shows: the members of an edition, and the whole text in one string. */
export const shown: (keyof Article)[] = [
  "id", "url", "locale", "title", "subtitle", "summary", "cover", "authors", "topics", "outline", "content_html",
  "reading_minutes", "seo", "translations", "published_at", "updated_at",
];

/** Where this site shows an article: Lede knows the path, by `LEDE_ARTICLE_PATH`. */
export const pathOf = (article: { url: string }) => new URL(article.url).pathname.replace(/\/*$/, "/");

export const date = (at: string, locale: string) =>
  new Date(at).toLocaleDateString(locale, { dateStyle: "long", timeZone: "UTC" });
