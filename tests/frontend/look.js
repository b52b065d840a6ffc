// Builds the website on a demonstration of Lede, and looks at every page in a browser: narrow and wide, light and dark. Then
// it does what people do: follow the contents, search, preview a draft, with and without an account, subscribe. At last a
// webhook has it built again.
//
//   node look.js LEDE    the executable; screenshots go to the folder that SCREENSHOTS names
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import axe from "axe-core";
import { chromium } from "playwright-core";

const [executable] = process.argv.slice(2);
assert(executable, "which executable?");
const dist = join(import.meta.dirname, "dist");
const types = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript" };

/** The paths of all files that were built. */
const built = () => readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(dist.length));

/** Serves them, as a static host does, which has a hook that begins a build. */
const host = createServer((request, response) => {
  if (request.method === "POST" && request.url === "/build") {
    response.writeHead(204).end();
    return host.emit("build");
  }
  const path = new URL(request.url, "http://host").pathname.replace(/\/$/, "/index.html");
  const [status, file] = built().includes(path) ? [200, path] : [404, "/404.html"];
  response.writeHead(status, { "content-type": types[extname(file)] ?? "text/plain" }).end(readFileSync(join(dist, file)));
});

/** Starts the demonstration. */
const start = (site, folder) => spawn(executable, ["demo", "--bind", "127.0.0.1:0"], {
  env: {
    PATH: process.env.PATH, TMPDIR: folder, LEDE_WEBSITE_URL: site, LEDE_CORS_ORIGINS: site, LEDE_ARTICLE_PATH: "/{locale?}/{year}/{slug}/",
    LEDE_PREVIEW_URL: `${site}/preview/?article={id}#token={token}`, LEDE_WEBHOOK_NETWORKS: "127.0.0.0/8",
  },
  stdio: ["ignore", "pipe", "ignore"],
});

/** What it says when it is there: its address, the login and an API key. */
async function greeting(server) {
  let said = "";
  server.stdout.setEncoding("utf8").on("data", (text) => (said += text));
  for (const end = Date.now() + 20_000; !said.includes("/publish "); await new Promise((go) => setTimeout(go, 50))) {
    assert(server.exitCode === null && Date.now() < end, `the demonstration does not start: ${said}`);
  }
  const word = (label) => new RegExp(`^ +${label} +(\\S+)$`, "m").exec(said)[1];
  return { lede: word("documentation").replace("/docs", ""), email: word("log in as"), password: word("with"), key: word("API key") };
}

/** Sends requests with an access token or an API key. */
const sender = (lede, token) => async (method, path, body) => {
  const headers = { "content-type": "application/json", "if-match": "*", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(lede + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert(answer.ok, `${method} ${path}: ${text}`);
  return JSON.parse(text);
};

/** Gives the publication what a website shows and a fresh one does not have. */
async function furnish(ask) {
  await ask("PATCH", "/v1/site", {
    description: "Tides, weather and the people who live by them.",
    navigation: ["Sea", "Craft", "History"].map((label) => ({ label, url: `/topics/${label.toLowerCase()}/`, items: [] })),
  });
  await ask("PATCH", "/v1/topics/sea", { description: "What the water does, and what it leaves behind." });
  await ask("PATCH", "/v1/authors/mara-lindqvist", { bio: "Sails a small boat and mends it in winter." });
}

/** A page, and what it asks for and complains of. */
async function open(browser, options) {
  const page = await (await browser.newContext(options)).newPage();
  const seen = { page, requests: [], complaints: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => message.type() === "error" && seen.complaints.push(message.text()));
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  return seen;
}

function check(origins, { requests, complaints }) {
  const elsewhere = requests.filter((url) => !url.startsWith("data:") && !origins.includes(new URL(url).origin));
  assert.deepEqual(elsewhere, [], "requests to other origins");
  // A form that is to be sent once more is answered with 422, and a refresh without a session with 401.
  assert.deepEqual(complaints.filter((text) => !/status of (401|422)/.test(text)), [], "the browser complains");
}

/** What is wrong with the page as it is: it is wider than the window, or somebody cannot use it. */
async function faults(page) {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { scrollWidth, clientWidth } = document.documentElement;
    // The boxes of task lists come without a label; their text stands right behind them.
    const { violations } = await window.axe.run({ exclude: ["input[type=checkbox]:disabled"] });
    return [
      ...(scrollWidth > clientWidth ? [`${scrollWidth} pixels wide`] : []),
      ...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)),
    ];
  });
}

/** Every page, in every form. */
async function look(browser, site, origins, addresses) {
  const links = new Set();
  for (const width of [320, 1200]) for (const colorScheme of ["light", "dark"]) {
    const seen = await open(browser, { viewport: { width, height: 800 }, colorScheme, reducedMotion: "reduce" });
    const { page } = seen;
    for (const address of addresses) {
      await page.goto(site + address);
      await picture(page, `${address}-${width}-${colorScheme}`);
      assert.deepEqual(await faults(page), [], `${address}, ${width} pixels, ${colorScheme}`);
      for (const link of await page.locator(":is(a, link)[href]").evaluateAll((all) => all.map(({ href }) => href))) links.add(link);
    }
    check(origins, seen);
    await page.context().close();
  }
  return links;
}

async function picture(page, name) {
  if (!process.env.SCREENSHOTS) return;
  mkdirSync(process.env.SCREENSHOTS, { recursive: true });
  const path = join(process.env.SCREENSHOTS, `${name.replaceAll(/[^\w-]+/g, "-").replaceAll(/^-+/g, "")}.png`);
  await page.screenshot({ path, fullPage: true });
}

/** What links lead to is there: pages, the places in them, feeds. */
async function follow(links, origins) {
  const pages = new Map();
  for (const link of links) {
    const { origin, pathname, search, hash } = new URL(link);
    if (!origins.includes(origin)) continue;
    const address = origin + pathname + search;
    if (!pages.has(address)) {
      const answer = await fetch(address);
      assert.equal(answer.status, 200, link);
      pages.set(address, await answer.text());
    }
    if (hash) assert(pages.get(address).includes(` id="${decodeURIComponent(hash.slice(1))}"`), `${link} leads nowhere`);
  }
  return pages;
}

async function use(browser, site, { lede, email, password, key }, ask, askWithKey) {
  const article = "/2026/reading-a-tide-table/";
  const seen = await open(browser, { viewport: { width: 1200, height: 800 }, reducedMotion: "reduce" });
  const { page } = seen;

  await page.goto(site + article);
  await page.locator(".contents").getByRole("link", { name: "The rule of twelfths" }).click();
  assert.equal(await page.evaluate(() => location.hash), "#the-rule-of-twelfths");
  const { y } = await page.getByRole("heading", { name: "The rule of twelfths" }).boundingBox();
  assert(y >= 0 && y < 100, `the heading stands at ${y}`);

  const languages = page.getByRole("navigation", { name: "Languages" });
  await languages.getByRole("link", { name: "Deutsch" }).click();
  await page.getByRole("heading", { level: 1, name: "Eine Gezeitentafel lesen" }).waitFor();
  assert.equal(await languages.locator("[aria-current=page]").innerText(), "Deutsch");
  await languages.getByRole("link", { name: "English" }).click();
  await page.waitForURL(site + article);

  await page.getByRole("link", { name: "Search" }).click();
  await page.getByRole("searchbox").fill("twelfth");
  await page.getByRole("searchbox").press("Enter");
  const hit = page.locator("#hits a[href$='#the-rule-of-twelfths']");
  await hit.waitFor();
  await picture(page, "search-twelfth");
  assert.deepEqual(await faults(page), [], "the hits");
  await hit.click();
  await page.waitForURL(`${site}${article}#the-rule-of-twelfths`);
  await page.goto(`${site}/search/?q=the`);
  await page.getByRole("button", { name: "More" }).click();
  await page.locator("#hits li").nth(10).waitFor();
  await page.goto(`${site}/search/?q=xylophone`);
  await page.getByText("Nothing was found").waitFor();

  // What is published while a page is open appears on it.
  const following = page.waitForResponse(`${lede}/v1/changes/stream?locale=en`);
  await page.goto(site + article);
  await following;
  const { version } = await askWithKey("PATCH", "/v1/articles/reading-a-tide-table/draft/sections/the-rule-of-twelfths", {
    body: "Count in *twelfths*, and write them down.",
  });
  await askWithKey("POST", "/v1/articles/reading-a-tide-table/publish", { revision: version });
  await page.locator(".prose").getByText("write them down").waitFor();
  await page.getByRole("status").getByText("Changed at").waitFor();

  const url = `${site}/preview/?article=reading-a-tide-table`;
  const stranger = await open(browser);
  await stranger.page.goto(url);
  await stranger.page.locator("#log-in").getByLabel("Email address").fill(email);
  await stranger.page.getByLabel("Password").fill("nobody's");
  assert.deepEqual(await faults(stranger.page), [], "the login");
  await stranger.page.getByRole("button", { name: "Show the draft" }).click();
  await stranger.page.locator("#status:not(:empty)").waitFor();
  assert.match(await stranger.page.locator("#status").innerText(), /credentials/);
  assert(await stranger.page.locator("main .prose").isHidden(), "a stranger sees something");

  const edit = (body) => askWithKey("PATCH", "/v1/articles/reading-a-tide-table/draft/sections/the-rule-of-twelfths", { body });
  const refreshed = () => seen.requests.filter((address) => address === `${lede}/v1/auth/refresh`).length;
  await edit("Count in *thirds*.");
  await page.clock.install();
  await page.goto(url);
  await page.locator("#log-in").getByLabel("Email address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Show the draft" }).click();
  await page.locator(".prose").getByText("Count in thirds.").waitFor();
  await picture(page, "preview-draft");
  assert.deepEqual(await faults(page), [], "the preview");
  assert(!(await (await fetch(`${lede}/v1/articles/reading-a-tide-table/html`)).text()).includes("thirds"), "readers see the draft");
  assert.equal(refreshed(), 1, "there was nothing to refresh but before the login");
  // An hour later, and after a reload, the editor is still logged in.
  await page.clock.fastForward("01:00:00");
  await edit("Count in *halves*.");
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await page.locator(".prose").getByText("Count in halves.").waitFor();
  assert.equal(refreshed(), 2, "the access token was not renewed");
  await page.reload();
  await page.locator(".prose").getByText("Count in halves.").waitFor();
  // Somebody without an account sees the draft by a preview link, until that is revoked.
  const links = "/v1/articles/reading-a-tide-table/preview-links";
  const link = await ask("POST", links);
  const guest = await open(browser, { reducedMotion: "reduce" });
  await guest.page.goto(link.url);
  await guest.page.locator(".prose").getByText("Count in halves.").waitFor();
  assert(await guest.page.locator("#log-in").isHidden() && await guest.page.locator("#log-out").isHidden(), "a guest is to log in");
  assert.deepEqual(await faults(guest.page), [], "the preview of a guest");
  await picture(guest.page, "preview-link");
  assert(guest.requests.every((address) => !address.includes(link.token) || address === link.url), "the token is in an address");
  const answer = await fetch(`${lede}${links}/${link.id}`, { method: "DELETE", headers: { authorization: `Bearer ${key}` } });
  assert.equal(answer.status, 204);
  await guest.page.bringToFront();
  await guest.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await guest.page.locator("#status").filter({ hasNotText: "The draft as it was" }).waitFor();
  assert.match(await guest.page.locator("#status").innerText(), /no longer works/);
  assert(await guest.page.locator("main .prose").isHidden(), "a guest still sees the draft");
  check([site, lede], guest);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Show the draft" }).waitFor();
  check([site, lede], seen);

  const simple = await open(browser, { javaScriptEnabled: false, reducedMotion: "reduce" });
  await simple.page.goto(site);
  await simple.page.getByLabel("Email address").fill("grace@reader.example");
  await simple.page.getByRole("button", { name: "Subscribe" }).click();
  // A form on another page is sent once more on Lede's own, and leads back to the website.
  await simple.page.getByRole("heading", { name: "Please press the button again" }).waitFor();
  await simple.page.getByRole("button", { name: "Subscribe" }).click();
  await simple.page.waitForURL(`${site}/thanks/`);
  check([site, lede], simple);
  const { items } = await ask("GET", "/v1/subscribers?q=grace");
  assert.deepEqual(items.map(({ email, source }) => [email, source]), [["grace@reader.example", "footer"]]);
}

/** Publishes an article: the host is told by a webhook, and builds again. */
async function rebuild(site, ask, build) {
  await ask("POST", "/v1/webhooks", { url: `${site}/build`, events: ["article.*"], coalesce_seconds: 1 });
  const called = once(host, "build", { signal: AbortSignal.timeout(30_000) });
  const { id } = await ask("POST", "/v1/articles", { title: "Neap tides", intro: "The sea takes a rest." });
  const { published_at, slug } = await ask("POST", `/v1/articles/${id}/publish`, { revision: 1 });
  await called;
  build();
  const page = await fetch(`${site}/${published_at.slice(0, 4)}/${slug}/`);
  assert.match(await page.text(), /The sea takes a rest\./);
}

const folder = mkdtempSync(join(tmpdir(), "lede-frontend-"));
let server, browser;
try {
  await new Promise((go) => host.listen(0, "127.0.0.1", go));
  const site = `http://127.0.0.1:${host.address().port}`;
  server = start(site, folder);
  const login = await greeting(server);
  const { lede, email, password, key } = login;
  const { access_token } = await sender(lede)("POST", "/v1/auth/sessions", { email, password });
  const [ask, askWithKey] = [sender(lede, access_token), sender(lede, key)];
  await furnish(ask);

  const env = { ...process.env, LEDE_URL: lede, SITE_URL: site };
  const build = () => execFileSync(process.execPath, ["node_modules/astro/astro.js", "build"], { cwd: import.meta.dirname, env, stdio: "inherit" });
  build();
  assert.match(readFileSync(join(dist, "_redirects"), "utf8"), /^\/2026\/ice-house .*\/the-last-ice-house\/ 301$/m);
  assert.equal((await fetch(`${site}/nowhere/`)).status, 404);

  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
  const addresses = built().filter((path) => path.endsWith(".html")).map((path) => path.replace(/index\.html$/, ""));
  for (const wanted of ["/", "/page/2/", "/2026/reading-a-tide-table/", "/de/2026/eine-gezeitentafel-lesen/", "/topics/sea/", "/authors/mara-lindqvist/"]) {
    assert(addresses.includes(wanted), `there is no ${wanted}`);
  }
  const links = await look(browser, site, [site, lede], addresses);
  const followed = await follow(links, [site, lede]);
  for (const feed of ["rss.xml", "atom.xml", "feed.json"]) assert(followed.has(`${lede}/feeds/${feed}`), feed);
  console.log(`looked at ${addresses.length} pages in 4 forms, followed ${links.size} links`);
  await use(browser, site, login, ask, askWithKey);
  console.log("followed the contents, searched, previewed a draft, subscribed");
  await rebuild(site, ask, build);
  console.log("a webhook had the website built again");
} finally {
  await browser?.close();
  server?.kill();
  host.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}
