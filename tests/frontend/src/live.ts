// Shows what becomes of an article while its page is open: Lede streams what changes for readers.
import { LEDE_URL } from "astro:env/client";
import { get, lede } from "./lede";
import type { components } from "./contract";

type Change = components["schemas"]["ChangeItem"];

/** Calls `changed` after each change of an article, and `gone` when readers no longer have it. */
export function follow(id: string, locale: string, changed: () => Promise<void>, gone: () => void) {
  const stream = new EventSource(`${LEDE_URL}/v1/changes/stream?locale=${locale}`);
  stream.onmessage = ({ data }: MessageEvent<string>) => {
    const change = JSON.parse(data) as Change;
    if (change.id !== id) return;
    if (change.article) void changed(); else gone();
  };
}

const [article] = document.querySelectorAll<HTMLElement>("article[data-id]");
if (article?.dataset.id) {
  const { id } = article.dataset;
  const find = (selector: string) => article.querySelector(selector)!;
  const [title, prose, status] = [find("h1"), find(".prose"), find("[role=status]")];
  const show = async () => {
    const edition = await get(lede.GET("/v1/articles/{article}", {
      params: { path: { article: id }, query: { fields: ["title", "content_html", "updated_at"] } },
    }));
    title.textContent = edition.title;
    prose.innerHTML = edition.content_html ?? "";
    status.textContent = `Changed at ${new Date(edition.updated_at).toLocaleTimeString(article.lang)}.`;
  };
  follow(id, article.lang, show, () => (status.textContent = "This article is no longer published."));
}
