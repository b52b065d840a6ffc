// What people do with the pages, in a real browser and without scripts: they subscribe, follow the link in the mail, press
// the button, and leave again. And the documentation, with scripts: it shows every operation and loads nothing from elsewhere.
//
//   node browser.js LEDE    the executable; LEDE_DATABASE_URL may name a database
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [lede] = process.argv.slice(2);
assert(lede, "which executable?");
const password = "correct horse battery staple";
const reader = "grace@reader.example";

/** Asks again until there is an answer. */
async function until(what, ask) {
  for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((go) => setTimeout(go, 50))) {
    const answer = ask();
    if (answer) return answer;
  }
  throw new Error(`${what}: nothing in 20 seconds`);
}

/** A port that is free: links in mails have to name it before the server is there. */
async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await new Promise((go) => listener.once("listening", go));
  const { port } = listener.address();
  await new Promise((go) => listener.close(go));
  return port;
}

/** The parts of a mail as text, decoded, by their type. */
function partsOf(mail) {
  const [, boundary] = /boundary="([^"]+)"/.exec(mail);
  const parts = mail.split(`--${boundary}`).slice(1, -1).map((part) => {
    const [head, ...rest] = part.trimStart().split("\r\n\r\n");
    const body = rest.join("\r\n\r\n");
    const [, type] = /content-type: ([^;\r\n]+)/i.exec(head);
    const [, encoding = "7bit"] = /content-transfer-encoding: (\S+)/i.exec(head) ?? [];
    const decode = {
      "7bit": () => body,
      "base64": () => Buffer.from(body, "base64").toString(),
      "quoted-printable": () => Buffer.from(
        body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
        "latin1",
      ).toString(),
    }[encoding.toLowerCase()];
    assert(decode, `the encoding ${encoding}`);
    return [type, decode()];
  });
  return Object.fromEntries(parts);
}

/** A page, and what it asks for and complains of. */
async function open(browser, javaScriptEnabled) {
  const page = await (await browser.newContext({ javaScriptEnabled })).newPage();
  const seen = { requests: [], complaints: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => message.type() === "error" && seen.complaints.push(message.text()));
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  return { page, ...seen };
}

async function people(browser, address, statusNow, mailbox) {
  const form = await open(browser, false);
  await form.page.goto(`${address}/subscribe`);
  await form.page.getByLabel(/mail/i).fill(reader);
  await form.page.locator("form button").click();
  await form.page.getByRole("heading", { name: "Please check your mail" }).waitFor();
  check(address, form);
  const mail = await until("the mail", mailbox);
  assert.equal(await statusNow(), "pending");

  // The mail itself is opened: its links are followed as they stand there.
  const seen = await open(browser, false);
  const { page } = seen;
  const press = async (name, heading) => {
    await page.getByRole("button", { name, exact: true }).click();
    await page.getByRole("heading", { name: heading, exact: true }).waitFor();
  };
  const { "text/html": html, "text/plain": text } = partsOf(mail);
  await page.setContent(html);
  const links = await page.locator("a").evaluateAll((all) => all.map((link) => link.href));
  for (const link of links) assert(text.includes(link), `${link} is not in the text of the mail`);
  const find = (what) => links.find((link) => link.startsWith(`${address}/subscribe/${what}/`));
  const [confirm, leave] = [find("confirm"), find("leave")];
  assert(confirm && leave, `the mail's links: ${links}`);

  await page.locator(`a[href="${confirm}"]`).first().click();
  await page.getByRole("heading", { name: "Confirm your subscription" }).waitFor();
  assert.equal(await statusNow(), "pending", "opening the page has changed something");
  await press("Confirm", "You are subscribed");
  assert.equal(await statusNow(), "confirmed");

  await page.goto(leave);
  await page.getByRole("heading", { name: "Unsubscribe" }).waitFor();
  assert.equal(await statusNow(), "confirmed", "opening the page has changed something");
  await press("Unsubscribe", "You have unsubscribed");
  assert.equal(await statusNow(), "unsubscribed");
  check(address, seen);
  console.log("without scripts: subscribed, confirmed and left");
}

async function documentation(browser, address) {
  const { paths } = await (await fetch(`${address}/openapi.json`)).json();
  const wanted = Object.values(paths).flatMap((item) => Object.values(item).map((operation) => operation.summary)).sort();
  const seen = await open(browser, true);
  const { page } = seen;
  await page.goto(`${address}/docs/`);
  await page.locator(".opblock").nth(wanted.length - 1).waitFor();
  const shown = await page.locator(".opblock-summary-description").allInnerTexts();
  assert.deepEqual(shown.map((text) => text.trim()).sort(), wanted);
  // One is opened: what it takes and answers is rendered as well.
  await page.locator("#operations-articles-list_articles .opblock-summary-control").click();
  await page.locator("#operations-articles-list_articles .responses-table").first().waitFor();
  check(address, seen);
  console.log(`/docs/: ${shown.length} operations, in ${seen.requests.length} requests, all to this server`);
}

function check(address, { requests, complaints }) {
  const elsewhere = requests.filter((url) => !url.startsWith(`${address}/`) && !url.startsWith("data:"));
  assert.deepEqual(elsewhere, [], "requests to other origins");
  assert.deepEqual(complaints, [], "the browser complains");
}

const folder = mkdtempSync(join(tmpdir(), "lede-browser-"));
const address = `http://127.0.0.1:${await freePort()}`;
const env = {
  PATH: process.env.PATH,
  LEDE_DATABASE_URL: process.env.LEDE_DATABASE_URL ?? `sqlite://${folder}/lede.db`,
  LEDE_BIND: new URL(address).host,
  LEDE_BASE_URL: address,
  LEDE_MAIL_DIR: join(folder, "mail"),
  LEDE_SECRET: "a secret that is good enough for a test",
};
let server, browser;
try {
  execFileSync(lede, ["user", "add", "ada@lede.example", "--role", "editor", "--password-stdin"], { env, input: password });
  server = spawn(lede, ["serve"], { env, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  server.stderr.on("data", (data) => (log += data));
  await until("the server", () => {
    assert.equal(server.exitCode, null, log);
    return log.includes("listening on ");
  });
  const json = async (path, init) => {
    const answer = await fetch(address + path, init);
    assert(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  };
  const session = await json("/v1/auth/sessions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: "ada@lede.example", password }),
  });
  const headers = { authorization: `Bearer ${session.access_token}` };
  const statusNow = async () => {
    const { items } = await json("/v1/subscribers", { headers });
    return items.find((subscriber) => subscriber.email === reader)?.status;
  };
  const mailbox = () => {
    let names = [];
    try { names = readdirSync(env.LEDE_MAIL_DIR); } catch { /* nothing was sent yet */ }
    const whole = names.map((name) => readFileSync(join(env.LEDE_MAIL_DIR, name), "utf8"));
    return whole.find((mail) => mail.includes(`To: ${reader}`) && mail.trimEnd().endsWith("--"));
  };
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
  await people(browser, address, statusNow, mailbox);
  await documentation(browser, address);
} finally {
  await browser?.close();
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
}
