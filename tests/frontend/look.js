// Looks at every page of the built site, as people do: on a phone and on a desk, by day and by night.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";

const { LEDE_URL: lede, SITE_URL: address, LEDE_EMAIL: email, LEDE_PASSWORD: password, SCREENSHOTS: pictures } = process.env;
const dist = new URL("dist/", import.meta.url).pathname;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Serves the built files, as any static host does. */
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, address);
  const file = join(dist, pathname, pathname.endsWith("/") ? "index.html" : "");
  const types = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript" };
  try {
    const body = readFileSync(file);
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(body);
  } catch {
    response.writeHead(404, { "content-type": types[".html"] }).end(readFileSync(join(dist, "404.html")));
  }
}).listen(new URL(address).port, "127.0.0.1");

const pages = readdirSync(dist, { recursive: true })
  .filter((name) => name.endsWith("index.html"))
  .map((name) => `/${name.slice(0, -"index.html".length)}`)
  .sort();

const json = async (path, init) => {
  const answer = await fetch(lede + path, init);
  assert(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
};

/** A page, with what it asked for and complained of. */
async function open(browser, path, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const seen = { requests: [], complaints: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => message.type() === "error" && seen.complaints.push(message.text()));
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  await page.goto(address + path, { waitUntil: "networkidle" });
  return { context, page, seen };
}

async function look(browser, path, width, colorScheme) {
  const { context, page, seen } = await open(browser, path, { viewport: { width, height: 900 }, colorScheme });
  const told = `${path} at ${width} px, ${colorScheme}`;
  const elsewhere = seen.requests.filter((url) => ![address, lede, "data:"].some((known) => url.startsWith(known)));
  assert.deepEqual(elsewhere, [], `${told}: requests to other origins`);
  assert.deepEqual(seen.complaints, [], `${told}: complaints`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert(wide <= width, `${told}: ${wide} px wide`);
  await page.evaluate(axe);
  // The boxes of task lists are decoration: the text beside them says what they mean.
  const { violations } = await page.evaluate(() => axe.run({ exclude: [".text input[disabled]"] }));
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html)}`), [], told);
  for (const link of await page.locator("nav.contents a").all()) {
    const anchor = await link.getAttribute("href");
    assert.equal(await page.locator(`[id="${anchor.slice(1)}"]`).count(), 1, `${told}: ${anchor}`);
  }
  if (pictures) {
    const name = `${path.replaceAll("/", "_")}${width}-${colorScheme}.png`;
    await page.screenshot({ path: join(pictures, name), fullPage: true });
  }
  await context.close();
}

async function feedsAnswer(browser) {
  const { context, page } = await open(browser, "/");
  const feeds = await page.locator('head link[rel="alternate"][title]').evaluateAll((all) => all.map((link) => link.href));
  assert.equal(feeds.length, 3);
  for (const feed of feeds) assert.equal((await fetch(feed)).status, 200, feed);
  await context.close();
}

async function searchFinds(browser) {
  const { context, page } = await open(browser, "/search/");
  await page.getByRole("searchbox").fill("twelfths");
  await page.getByRole("button", { name: "Search" }).click();
  const hit = page.locator("#hits a", { hasText: "The rule of twelfths" }).first();
  await hit.waitFor();
  assert((await page.locator("#hits mark").count()) > 0);
  await hit.click();
  assert.equal(new URL(page.url()).pathname + new URL(page.url()).hash, "/reading-a-tide-table/#the-rule-of-twelfths");
  await context.close();
}

async function previewShowsTheDraft(browser) {
  const headers = { "content-type": "application/json" };
  const session = await json("/v1/auth/sessions", { method: "POST", headers, body: JSON.stringify({ email, password }) });
  const token = session.access_token;
  const change = { method: "PATCH", headers: { ...headers, authorization: `Bearer ${token}`, "if-match": "*" } };
  await json("/v1/articles/mending-a-net/draft", { ...change, body: JSON.stringify({ title: "Mending two nets" }) });
  const right = await open(browser, `/preview/?article=mending-a-net#token=${token}`);
  await right.page.getByRole("heading", { name: "Mending two nets" }).waitFor();
  assert(!right.page.url().includes("token"), "the token stays in the address");
  assert.equal(await right.page.locator("#text h2").count(), 2);
  const wrong = await open(browser, "/preview/?article=mending-a-net");
  await wrong.page.getByLabel("Token").fill("wrong");
  await wrong.page.getByRole("button", { name: "Show" }).click();
  await wrong.page.getByText("A valid token is needed").waitFor();
  assert.equal((await json("/v1/articles/mending-a-net")).title, "Mending a net");
  for (const { context } of [right, wrong]) await context.close();
}

async function formArrives(browser) {
  const { context, page } = await open(browser, "/subscribe/", { javaScriptEnabled: false });
  await page.getByLabel("Your mail address").fill("grace@reader.example");
  await page.getByRole("button", { name: "Subscribe" }).click();
  await page.getByRole("heading", { name: "Please check your mail" }).waitFor();
  await context.close();
}

if (pictures) mkdirSync(pictures, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
try {
  assert(pages.length >= 15, `only ${pages}`);
  for (const path of pages) {
    for (const width of [320, 1200]) for (const scheme of ["light", "dark"]) {
      await look(browser, path, width, scheme);
    }
  }
  await feedsAnswer(browser);
  await searchFinds(browser);
  await previewShowsTheDraft(browser);
  await formArrives(browser);
  assert.equal((await fetch(`${address}/nowhere/`)).status, 404);
  assert(readFileSync(join(dist, "_redirects"), "utf8").startsWith("#"));
  console.log(`${pages.length} pages looked at, on a phone and on a desk, by day and by night`);
} finally {
  await browser.close();
  server.close();
}
