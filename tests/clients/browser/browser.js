// The pages in a real browser: those for people (people.js), the start page, and the API reference (reference.js).
//
//   node browser.js LEDE    the executable; LEDE_DATABASE_URL may name a database
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { check, open, until } from "./pages.js";
import { look, mailServer, people } from "./people.js";
import { reference } from "./reference.js";

const [lede] = process.argv.slice(2);
assert(lede, "which executable?");
const password = "correct horse battery staple";

/** What the pages are found by, in each language. */
const languages = [
  { tag: "en", words: {
    asked: "Please check your mail", again: "Please press the button again", confirm: "Confirm your subscription", confirmButton: "Confirm",
    confirmed: "You are subscribed", welcome: "/subscribe/preferences/", download: "Download my data",
    unsubscribe: "Unsubscribe", unsubscribed: "You have unsubscribed", erased: "Everything is erased",
  } },
  { tag: "de", words: {
    asked: "Bitte sehen Sie in Ihr Postfach", again: "Noch ein Klick", confirm: "Abonnement bestätigen", confirmButton: "Bestätigen",
    confirmed: "Sie haben unsere E-Mails abonniert", welcome: "/subscribe/preferences/", download: "Meine Daten herunterladen",
    unsubscribe: "Abbestellen", unsubscribed: "Sie haben unsere E-Mails abbestellt", erased: "Alles ist gelöscht",
  } },
];

/** A port that is free: links in mails have to name it before the server is there. */
async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await new Promise((go) => listener.once("listening", go));
  const { port } = listener.address();
  await new Promise((go) => listener.close(go));
  return port;
}

/** The start page, and the page where nothing is. */
async function frontDoor(browser, address) {
  for (const [name, path, heading] of [["home", "/", "The API of this publication"], ["nowhere", "/nowhere", "There is nothing here"]]) {
    const seen = await open(browser, { javaScriptEnabled: false, locale: "en" });
    await seen.page.goto(address + path);
    await seen.page.getByRole("heading", { name: heading, exact: true }).waitFor();
    await look(browser, seen.page, name);
    check(address, seen);
  }
}

const folder = mkdtempSync(join(tmpdir(), "lede-browser-"));
const address = `http://127.0.0.1:${await freePort()}`;
const smtp = await mailServer();
const env = {
  PATH: process.env.PATH,
  LEDE_DATABASE_URL: process.env.LEDE_DATABASE_URL ?? `sqlite://${folder}/lede.db`,
  LEDE_BIND: new URL(address).host,
  LEDE_BASE_URL: address,
  LEDE_SMTP_URL: smtp.url,
  LEDE_WELCOME_MAIL: "true",
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
  const headers = { authorization: `Bearer ${session.access_token}`, "content-type": "application/json" };
  const statusOf = async (reader) => {
    const { items } = await json("/v1/subscribers", { headers });
    return items.find((subscriber) => subscriber.email === reader)?.status;
  };
  for (const name of ["Sea", "Weather"]) {
    await json("/v1/topics", { method: "POST", headers, body: JSON.stringify({ name, followable: true }) });
  }
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
  for (const language of languages) await people(browser, address, smtp, statusOf, language);
  await frontDoor(browser, address);
  await reference(browser, address, { email: "ada@lede.example", password });
} finally {
  await browser?.close();
  server?.kill();
  smtp.close();
  rmSync(folder, { recursive: true, force: true });
}
