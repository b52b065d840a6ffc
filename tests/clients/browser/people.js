// What people do with the pages, without scripts: they subscribe, follow the link in the mail that a real mail server
// received, press the button, choose topics, and unsubscribe, by hand and as a mail provider does it for them. Every page on
// the way is looked at: narrow and wide, light and dark, by axe-core, and for anything loaded from elsewhere.
import assert from "node:assert/strict";
import { link } from "./mails.js";
import { check, visit } from "./pages.js";

export async function people({ browser, address, api, token, mails }, language) {
  const statusOf = async (reader) => {
    const { items } = await api.expect("GET", "/v1/subscribers", { token });
    return items.find((subscriber) => subscriber.email === reader)?.status;
  };
  const reader = `grace-${language.tag}@reader.example`;
  const seen = await visit(browser, language.tag);
  const { page, at, press, look } = seen;
  const w = language.words;

  // The form: wrong first, then right.
  await page.goto(`${address}/subscribe`);
  await look("form");
  await page.locator("input[type=email]").fill("grace");
  await page.locator("button").click();
  await page.locator("[aria-invalid]").waitFor();
  await look("form-wrong");
  await page.locator("input[type=email]").fill(reader);
  // Nobody types so fast: once more may be asked for.
  await page.locator("button").click();
  await page.locator("h1").filter({ hasText: new RegExp(`^(${w.asked}|${w.again})$`) }).waitFor();
  while ((await page.locator("h1").innerText()) === w.again) {
    await look("again");
    await page.locator("button").click();
  }
  await at(w.asked);
  await look("sent");

  const asked = await mails.take(reader, "/subscribe/confirm/");
  assert.equal(await statusOf(reader), "pending");
  await page.goto(link(asked, "/subscribe/confirm"));
  await at(w.confirm);
  await look("confirm");
  assert.equal(await statusOf(reader), "pending", "opening the page has changed something");
  await press(w.confirmButton, w.confirmed);
  await look("done");
  assert.equal(await statusOf(reader), "confirmed");

  const welcome = await mails.take(reader, w.welcome);
  await page.goto(link(welcome, "/subscribe/preferences"));
  await look("preferences");
  await page.locator("input[name=topic]").first().check();
  await page.locator("button[value=save]").click();
  await page.getByRole("status").waitFor();
  assert(await page.locator("input[name=topic]").first().isChecked());
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: w.download, exact: true }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "subscription.json");

  const unsubscribe = link(asked, "/subscribe/unsubscribe");
  await page.goto(unsubscribe);
  await at(w.unsubscribe);
  await look("unsubscribe");
  assert.equal(await statusOf(reader), "confirmed", "opening the page has changed something");
  await press(w.unsubscribe, w.unsubscribed);
  await look("unsubscribed");
  assert.equal(await statusOf(reader), "unsubscribed");

  // As a mail provider does it for somebody: no redirect, 200, in the encoding of RFC 8058.
  const [, header] = /^List-Unsubscribe: <(.+)>/m.exec(welcome.raw);
  const oneClick = await fetch(header, {
    method: "POST",
    redirect: "error",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "List-Unsubscribe=One-Click",
  });
  assert.equal(oneClick.status, 200);

  await page.goto(link(welcome, "/subscribe/preferences"));
  await look("preferences-unsubscribed");
  await page.locator("button[value=erase]").click();
  await page.locator(".wrong").waitFor();
  await look("preferences-unsure");
  await page.locator("input[name=sure]").check();
  await page.locator("button[value=erase]").click();
  await at(w.erased);
  await look("erased");
  assert.equal(await statusOf(reader), undefined);
  await page.goto(`${address}/subscribe/embed`);
  await look("embed");
  check(address, seen);
  console.log(`${language.tag}, without scripts: subscribed, confirmed, chose, unsubscribed and was erased`);
}
