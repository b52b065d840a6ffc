// A forgotten password: asked for on a page, chosen with the link in the mail, and whoever was logged in is logged out.
import assert from "node:assert/strict";
import { link } from "./mails.js";
import { check, visit } from "./pages.js";
import { refused } from "./server.js";

const OLD = "slack water comes between tides";
const NEW = "neap tides follow the half moon";

export async function reset({ browser, address, api, admin, mails }, { tag, words: w }) {
  const email = `tom-${tag}@lede.example`;
  await api.invite(admin, email, "Tom", "author");
  const token = link(await mails.take(email, "/account/password/"), "/account/password").split("/").at(-1);
  await api.expect("POST", "/v1/auth/passwords", { body: { token, new_password: OLD } });
  const { access_token, refresh_token } = (await api.logIn(email, OLD)).body;
  await api.expect("PATCH", "/v1/me", { token: access_token, body: { locale: tag } });

  const seen = await visit(browser, tag);
  const { page, at, press, look } = seen;
  const ask = async (whose, heading) => {
    await page.goto(`${address}/account/password`);
    await page.getByLabel(w.email, { exact: true }).fill(whose);
    await press(w.send, heading);
    return page.content();
  };
  await page.goto(`${address}/account/password`);
  assert.equal(await page.locator("html").getAttribute("lang"), tag);
  await look("reset");
  await ask("tom", w.forgot);
  await page.locator(".wrong").filter({ hasText: w.malformed }).waitFor();
  assert.equal(await page.locator("[aria-invalid]").inputValue(), "tom", "what was typed is gone");
  await look("reset-malformed");

  // The page says the same whether or not somebody has the address.
  const nobody = `nobody-${tag}@lede.example`;
  const said = await ask(nobody, w.asked);
  assert.equal(await ask(email, w.asked), said);
  await look("reset-asked");
  const first = link(await mails.take(email, w.resetMail), "/account/password");
  await ask(email, w.asked);
  const second = link(await mails.take(email, w.resetMail), "/account/password");
  await page.goto(first);
  await at(w.notValid);

  // The page speaks the user's language, whatever the browser's is.
  const other = await visit(browser, tag === "en" ? "de" : "en");
  await other.page.goto(second);
  await other.at(w.choose);
  await other.page.getByLabel(w.password, { exact: true }).fill(NEW);
  await other.page.getByLabel(w.repeated, { exact: true }).fill(NEW);
  assert.equal((await api.send("GET", "/v1/me", { token: access_token })).status, 200);
  await other.press(w.save, w.saved);
  check(address, other);

  refused(await api.send("GET", "/v1/me", { token: access_token }), 401, "session-ended");
  refused(await api.send("POST", "/v1/auth/refresh", { body: { refresh_token } }), 401, "session-ended");
  refused(await api.logIn(email, OLD), 401, "invalid-credentials");
  assert.equal((await api.logIn(email, NEW)).status, 201);
  await mails.take(email, w.changedMail);
  await page.goto(second);
  await at(w.notValid);
  assert(!mails.mails.some(({ to }) => to.includes(nobody)), "nobody got a mail");
  check(address, seen);
  console.log(`${tag}, without scripts: chose another password, which ended the old sessions`);
}

/** Too many requests from one network. The last story that asks for resets, because it uses up what the network may. */
export async function manyResets({ browser, address }, { tag, words: w }) {
  const seen = await visit(browser, tag);
  await seen.page.goto(`${address}/account/password`);
  const ask = () => fetch(`${address}/account/password`, {
    method: "POST",
    body: new URLSearchParams({ email: "nobody@lede.example" }),
  });
  for (let asked = 0; (await ask()).status !== 429; asked++) assert(asked < 100, "nobody counts");
  await seen.page.getByLabel(w.email, { exact: true }).fill("nobody@lede.example");
  await seen.press(w.send, w.busy);
  await seen.look("reset-busy");
  check(address, seen);
}
