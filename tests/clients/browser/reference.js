// The API reference at /docs, in a browser with scripts: it lists every operation in the document's order, keeps a login, sends
// requests with its token, offers samples, fits on narrow screens, and loads nothing from elsewhere.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { check, open, until } from "./pages.js";

/** The operations and webhooks as the sidebar should list them: by tag, in the order of the document. */
function wanted({ tags, paths, webhooks }) {
  const list = (items, kind) => Object.entries(items).flatMap(([path, item]) => Object.entries(item).map(
    ([method, { tags: [tag], summary }]) => ({ tag, link: `${kind}${method.toUpperCase()}/${path}`.replace("//", "/"), summary })));
  const operations = [...list(paths, ""), ...list(webhooks, "webhook/")];
  return tags.flatMap(({ name }) => operations.filter(({ tag }) => tag === name))
    .map(({ tag, link, summary }) => `#tag/${tag}/${link} ${summary}`);
}

export async function reference(browser, address, { email, password }) {
  const seen = await open(browser, { viewport: { width: 1440, height: 1000 } });
  const { page } = seen;
  await page.goto(`${address}/docs/`);
  assert.equal(page.url(), `${address}/docs`);
  const sidebar = page.getByLabel(/^Sidebar/).first();
  await sidebar.locator("[data-sidebar-id*='/tag/']").first().waitFor();
  const closed = sidebar.getByRole("button", { name: /^Open Group/, includeHidden: false });
  while (await closed.count() > 0) await closed.first().click();
  const shown = await sidebar.locator("[data-sidebar-id*='/tag/'] > a").evaluateAll((links) => links.map((link) =>
    `${decodeURI(link.getAttribute("href"))} ${link.textContent.replace(/HTTP Method.*/s, "").trim()}`));
  assert.deepEqual(shown, wanted(await (await fetch(`${address}/openapi.json`)).json()));

  // A wrong password is told; the right one is kept over a reload.
  const button = (name) => page.getByRole("button", { name, exact: true });
  await button("Log in").click();
  const dialog = page.getByRole("dialog", { name: "Log in" });
  await dialog.getByLabel("Email").fill(email);
  for (const tried of ["wrong", password]) {
    await dialog.getByLabel("Password").fill(tried);
    await dialog.getByRole("button", { name: "Log in" }).click();
    if (tried !== password) await dialog.getByRole("alert").filter({ hasText: /credentials/ }).waitFor();
  }
  await page.locator("#user").filter({ hasText: email }).waitFor();
  await page.goto(`${address}/docs#tag/accounts/GET/v1/me`);
  await page.reload();
  await page.locator("#user").filter({ hasText: email }).waitFor();

  // A request from the page carries the token.
  const section = page.locator("[id='api-1/tag/accounts/GET/v1/me'], [id='tag/accounts/GET/v1/me']").first();
  await section.getByRole("button", { name: /Test Request/ }).click();
  const sent = page.waitForResponse((response) => response.url() === `${address}/v1/me`);
  await page.getByRole("button", { name: /^Send/ }).first().click();
  const response = await sent;
  const { authorization } = await response.request().allHeaders();
  assert.equal(response.status(), 200);
  assert.equal((await response.json()).email, email);
  await page.getByText("200 OK").waitFor();
  await page.keyboard.press("Escape");

  // Samples in three languages.
  await section.getByRole("button", { name: /Curl/ }).click();
  for (const name of ["TypeScript", "Requests", "Curl"]) await page.getByRole("option", { name }).waitFor();
  await page.getByRole("option", { name: "TypeScript" }).click();
  await section.getByText('await lede.GET("/v1/me"').waitFor();
  await button("Log out").click();
  await button("Log in").waitFor();
  await until("the end of the session", async () =>
    (await fetch(`${address}/v1/me`, { headers: { authorization } })).status === 401);

  for (const width of [320, 768, 1440]) for (const colorScheme of ["light", "dark"]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    const widest = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(widest <= width, `/docs is ${widest} pixels wide on ${width}`);
    if (process.env.SHOTS) {
      mkdirSync(process.env.SHOTS, { recursive: true });
      await page.screenshot({ path: `${process.env.SHOTS}/docs-${width}-${colorScheme}.png` });
    }
  }
  check(address, seen);
  console.log(`/docs: ${shown.length} operations, in ${seen.requests.length} requests, all to this server`);
}
