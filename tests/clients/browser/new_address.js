// Another email address, which an admin enters and its owner confirms on a page.
import assert from "node:assert/strict";
import { link } from "./mails.js";
import { check, visit } from "./pages.js";

export async function newAddress({ browser, address, api, admin, mails }, { tag, words: w }) {
  const [before, after, taken] = ["eve", "eva", "una"].map((name) => `${name}-${tag}@lede.example`);
  const { id } = await api.invite(admin, before, "Eve", "author");
  const token = link(await mails.take(before, "/account/password/"), "/account/password").split("/").at(-1);
  const password = "slack water comes between tides";
  await api.expect("POST", "/v1/auth/passwords", { body: { token, new_password: password } });
  const { access_token } = (await api.logIn(before, password)).body;
  await api.expect("PATCH", "/v1/me", { token: access_token, body: { locale: tag } });
  const change = async (email) => {
    await api.expect("PATCH", `/v1/users/${id}`, { token: admin, body: { email } });
    return link(await mails.take(email, w.addressMail), "/account/email");
  };
  const mine = async () => (await api.expect("GET", "/v1/me", { token: access_token })).email;

  const seen = await visit(browser, tag);
  const { page, at, press, look } = seen;
  const confirmed = await change(after);
  await page.goto(confirmed);
  await at(w.confirmAddress);
  await look("address");
  assert.equal(await mine(), before, "opening the page has changed something");
  await press(w.confirmAddressButton, w.addressConfirmed);
  await look("address-confirmed");
  assert.equal(await mine(), after);
  await page.goto(confirmed);
  await at(w.notValid);
  await look("address-used");
  await page.goto(`${address}/account/email/unknown`);
  await at(w.notWorking);
  await look("address-unknown");

  const late = await change(taken);
  await api.invite(admin, taken, "Una", "author");
  await page.goto(late);
  await press(w.confirmAddressButton, w.addressTaken);
  await look("address-taken");
  assert.equal(await mine(), after);
  check(address, seen);
  console.log(`${tag}, without scripts: confirmed another address`);
}
