// The pages in a real browser: those for subscribers (people.js) and users, sessions of a website, the start page, and the API
// reference (reference.js).
//
//   node browser.js LEDE [STORY…]    the executable, and some of the stories; LEDE_DATABASE_URL may name a database
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { cookieSession } from "./cookie_session.js";
import { invitation } from "./invitation.js";
import { mailServer } from "./mails.js";
import { newAddress } from "./new_address.js";
import { check, closeAll, visit } from "./pages.js";
import { people } from "./people.js";
import { reference } from "./reference.js";
import { manyResets, reset } from "./reset.js";
import { secondFactor } from "./second_factor.js";
import { serve } from "./server.js";
import { website } from "./site.js";
import { stream } from "./stream.js";
import { languages } from "./words.js";

const [lede, ...wanted] = process.argv.slice(2);
assert(lede, "which executable?");
const password = "correct horse battery staple";
const editor = { email: "ada@lede.example", password };

/** The start page, and the page where nothing is. */
async function frontDoor({ browser, address }) {
  for (const [name, path, heading] of [["home", "/", "The API of this publication"], ["nowhere", "/nowhere", "There is nothing here"]]) {
    const seen = await visit(browser, "en");
    await seen.page.goto(address + path);
    await seen.at(heading);
    await seen.look(name);
    check(address, seen);
  }
}

/** A session in a cookie as in production. Chromium takes `Secure` cookies on the loopback address without TLS. */
async function secureCookieSession(world) {
  const server = await serve(lede, { LEDE_CORS_ORIGINS: world.site.origin }, [[editor.email, "editor"]], password, "https");
  for (const one of [world.site, world.stranger]) one.use(server.address);
  await cookieSession({ ...world, ...server }, editor, { name: "__Host-lede-refresh", secure: true }).finally(server.stop);
}

const inEach = (story) => async (world) => {
  for (const language of languages) await story(world, language);
};
const stories = {
  people: inEach(people),
  frontDoor,
  reference: ({ browser, address }) => reference(browser, address, editor),
  invitation: inEach(invitation),
  reset: inEach(reset),
  newAddress: inEach(newAddress),
  secondFactor: (world) => secondFactor(world, languages[0]),
  cookieSession: (world) => cookieSession(world, editor, { name: "lede-refresh", secure: false }),
  secureCookieSession,
  manyResets: inEach(manyResets),
  stream,
};

const [mails, site, stranger] = await Promise.all([mailServer(), website(), website()]);
let server, browser;
try {
  const settings = {
    ...(process.env.LEDE_DATABASE_URL && { LEDE_DATABASE_URL: process.env.LEDE_DATABASE_URL }),
    LEDE_SMTP_URL: mails.url,
    LEDE_WELCOME_MAIL: "true",
    LEDE_CORS_ORIGINS: site.origin,
    LEDE_REQUIRE_SECOND_FACTOR: "contributor",
  };
  server = await serve(lede, settings, [[editor.email, "editor"], ["root@lede.example", "admin"]], password);
  const { address, api } = server;
  const { access_token: token } = (await api.logIn(editor.email, password)).body;
  const { access_token: admin } = (await api.logIn("root@lede.example", password)).body;
  for (const name of ["Sea", "Weather"]) await api.expect("POST", "/v1/topics", { token, body: { name, followable: true } });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
  const world = { browser, address, api, token, admin, mails, site, stranger };
  for (const name of wanted.length > 0 ? wanted : Object.keys(stories)) {
    const begun = Date.now();
    for (const one of [site, stranger]) one.use(address);
    await stories[name](world);
    await closeAll(browser);
    console.log(`${name}: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  }
} finally {
  await browser?.close();
  server?.stop();
  for (const one of [mails, site, stranger]) one.close();
}
