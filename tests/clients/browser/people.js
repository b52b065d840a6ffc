// What people do with the pages, without scripts: they subscribe, follow the link in the mail that a real mail server
// received, press the button, choose topics, and unsubscribe, by hand and as a mail provider does it for them. Every page on
// the way is looked at: narrow and wide, light and dark, by axe-core, and for anything loaded from elsewhere.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import axe from "axe-core";
import { SMTPServer } from "smtp-server";
import { check, open, until } from "./pages.js";

/** A mail server that takes everything, and the mails it took. */
export async function mailServer() {
  const mails = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    async onData(stream, session, done) {
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString() });
      done();
    },
  });
  await new Promise((go) => server.listen(0, "127.0.0.1", go));
  return { mails, url: `smtp://127.0.0.1:${server.server.address().port}?tls=none`, close: () => server.close() };
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

const link = (mail, what) => new RegExp(`\\S+/subscribe/${what}/\\S+`).exec(partsOf(mail.raw)["text/plain"])[0];

/**
 * Looks at the page as it is, in every width and colour, and as a picture in the folder that SHOTS names. In a browser with
 * scripts, which axe-core needs: the page itself has none.
 */
export async function look(browser, shown, name) {
  const page = await (await browser.newContext()).newPage();
  await page.setContent(await shown.content());
  for (const width of [320, 1200]) for (const colorScheme of ["light", "dark"]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    if (process.env.SHOTS) {
      mkdirSync(process.env.SHOTS, { recursive: true });
      await page.screenshot({ path: `${process.env.SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
    const widest = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(widest <= width, `${name} is ${widest} pixels wide on ${width}`);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run());
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    assert.deepEqual(told, [], `${name}, ${width} pixels, ${colorScheme}`);
  }
  await page.context().close();
}

export async function people(browser, address, { mails }, statusOf, language) {
  const reader = `grace-${language.tag}@reader.example`;
  const seen = await open(browser, { javaScriptEnabled: false, locale: language.tag });
  const { page } = seen;
  const shot = (name) => look(browser, page, `${language.tag}-${name}`);
  const at = async (heading) => page.getByRole("heading", { name: heading, exact: true }).waitFor();
  const press = async (button, heading) => {
    await page.getByRole("button", { name: button, exact: true }).first().click();
    await at(heading);
  };
  const mailTo = (subject) => until(`the mail ${subject}`, () =>
    mails.find(({ to, raw }) => to.includes(reader) && partsOf(raw)["text/plain"].includes(subject)));
  const w = language.words;

  // The form: wrong first, then right.
  await page.goto(`${address}/subscribe`);
  await shot("form");
  await page.locator("input[type=email]").fill("grace");
  await page.locator("button").click();
  await page.locator("[aria-invalid]").waitFor();
  await shot("form-wrong");
  await page.locator("input[type=email]").fill(reader);
  // Nobody types so fast: once more may be asked for.
  await page.locator("button").click();
  await page.locator("h1").filter({ hasText: new RegExp(`^(${w.asked}|${w.again})$`) }).waitFor();
  while ((await page.locator("h1").innerText()) === w.again) {
    await shot("again");
    await page.locator("button").click();
  }
  await at(w.asked);
  await shot("sent");

  const asked = await mailTo("/subscribe/confirm/");
  assert.equal(await statusOf(reader), "pending");
  await page.goto(link(asked, "confirm"));
  await at(w.confirm);
  await shot("confirm");
  assert.equal(await statusOf(reader), "pending", "opening the page has changed something");
  await press(w.confirmButton, w.confirmed);
  await shot("done");
  assert.equal(await statusOf(reader), "confirmed");

  const welcome = await mailTo(w.welcome);
  await page.goto(link(welcome, "preferences"));
  await shot("preferences");
  await page.locator("input[name=topic]").first().check();
  await page.locator("button[value=save]").click();
  await page.getByRole("status").waitFor();
  assert(await page.locator("input[name=topic]").first().isChecked());
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: w.download, exact: true }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "subscription.json");

  const unsubscribe = link(asked, "unsubscribe");
  await page.goto(unsubscribe);
  await at(w.unsubscribe);
  await shot("unsubscribe");
  assert.equal(await statusOf(reader), "confirmed", "opening the page has changed something");
  await press(w.unsubscribe, w.unsubscribed);
  await shot("unsubscribed");
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

  await page.goto(link(welcome, "preferences"));
  await shot("preferences-unsubscribed");
  await page.locator("button[value=erase]").click();
  await page.locator(".wrong").waitFor();
  await shot("preferences-unsure");
  await page.locator("input[name=sure]").check();
  await page.locator("button[value=erase]").click();
  await at(w.erased);
  await shot("erased");
  assert.equal(await statusOf(reader), undefined);
  await page.goto(`${address}/subscribe/embed`);
  await shot("embed");
  check(address, seen);
  console.log(`${language.tag}, without scripts: subscribed, confirmed, chose, unsubscribed and was erased`);
}
