// An invitation: the link in the mail opens a page without scripts, on which the user chooses a password. Bad ones are refused
// beside the field, and the link works once.
import assert from "node:assert/strict";
import { link } from "./mails.js";
import { check, visit } from "./pages.js";
import { refused } from "./server.js";

const GOOD = "slack water comes between tides";

/** What is said about a field, and how many pixels below it. */
const saidBelow = (field) => field.evaluate((input) => {
  const said = input.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id));
  const error = said.find((one) => one.classList.contains("wrong"));
  return { text: error.innerText, below: error.getBoundingClientRect().top - input.getBoundingClientRect().bottom };
});

export async function invitation({ browser, address, api, admin, mails }, { tag, words: w }) {
  const email = `ida-${tag}@lede.example`;
  const user = await api.invite(admin, email, "Ida Marshland", "editor");
  const state = async () => (await api.expect("GET", `/v1/users/${user.id}`, { token: admin })).state;
  const first = link(await mails.take(email, "/account/password/"), "/account/password");
  await api.expect("POST", `/v1/users/${user.id}/invitation`, { token: admin });
  const invited = link(await mails.take(email, "/account/password/"), "/account/password");

  const seen = await visit(browser, tag);
  const { page, at, press, look } = seen;
  const [password, repeated] = [w.password, w.repeated].map((label) => page.getByLabel(label, { exact: true }));
  await page.goto(first);
  await at(w.notValid);
  await look("invitation-replaced");

  for (let times = 0; times < 2; times++) {
    await page.goto(invited);
    await at(w.choose);
  }
  assert.equal(await state(), "invited", "opening the page has changed something");
  await page.getByText(w.atLeast(15)).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), tag);
  // What password managers fill in and keep.
  assert.equal(await page.locator("[autocomplete=username]").inputValue(), email);
  for (const field of [password, repeated]) assert.equal(await field.getAttribute("autocomplete"), "new-password");
  await look("password");

  for (const [name, said, text, again = text] of [
    ["short", w.tooShort, "slack water"],
    ["common", w.common, "passwordpassword"],
    ["simple", w.tooSimple, "abababababababab"],
    ["context", w.context, "no marshland near here"],
    ["different", w.different, GOOD, `${GOOD}!`],
    // As people paste it: what is cut off unseen is a password that nobody knows.
    ["long", w.tooLong, `${GOOD} `.repeat(10)],
  ]) {
    for (const [field, typed] of [[password, text], [repeated, again]]) {
      await field.focus();
      await page.keyboard.insertText(typed);
    }
    await page.getByRole("button", { name: w.save, exact: true }).click();
    await page.locator(".wrong").waitFor();
    const { text: shown, below } = await saidBelow(page.locator("[aria-invalid]"));
    assert(shown.includes(said), `${name}: ${shown}`);
    assert(below >= 0 && below < 16, `${name}: the text is ${below} pixels below the field`);
    assert(await password.evaluate((input) => input === document.activeElement), `${name}: the field has no focus`);
    assert.equal(await password.inputValue(), "", `${name}: the password is in the page`);
    // The others differ by a shorter text.
    if (name === "context") await look("password-wrong");
  }
  assert.equal(await state(), "invited");

  await password.fill(GOOD);
  await repeated.fill(GOOD);
  await press(w.save, w.saved);
  await look("password-saved");
  assert.equal(await state(), "active");
  assert.equal((await api.logIn(email, GOOD)).status, 201);
  refused(await api.logIn(email, "passwordpassword"), 401, "invalid-credentials");

  // The link has done its work; the page tells what to do.
  await page.goto(invited);
  await at(w.notValid);
  await look("invitation-used");
  const [request] = await Promise.all([
    page.waitForRequest((one) => one.isNavigationRequest()),
    page.getByRole("link", { name: w.askAgain }).click(),
  ]);
  await at(w.forgot);
  assert.equal((await request.allHeaders()).referer, undefined, "the link is told to the next page");
  await page.goto(`${address}/account/password/unknown`);
  await at(w.notWorking);
  await look("link-unknown");
  check(address, seen);
  console.log(`${tag}, without scripts: accepted an invitation, once`);
}
