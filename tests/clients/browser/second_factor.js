// A second factor: the role requires one, an authenticator app that is not ours makes the codes, and each code and each recovery
// code logs in once.
import assert from "node:assert/strict";
import { TOTP, URI } from "otpauth";
import { link } from "./mails.js";
import { open, visit } from "./pages.js";
import { refused } from "./server.js";
import { atWebsite } from "./site.js";

const PERIOD = 30_000;

/** The codes of an app, none twice: the server takes the one before and the one after, too, so that nobody waits here. */
function codesOf(app) {
  let last = 0;
  return () => {
    const step = Math.max(last + 1, Math.floor(Date.now() / PERIOD) - 1);
    last = step;
    return app.generate({ timestamp: step * PERIOD });
  };
}

export async function secondFactor({ browser, address, api, admin, mails, site }, { words: w }) {
  const email = "mia@lede.example";
  const password = "ebb tide"; // Short, because it is one of two factors.
  await api.invite(admin, email, "Mia", "contributor");
  const { page, press } = await visit(browser, "en");
  await page.goto(link(await mails.take(email, "/account/password/"), "/account/password"));
  await page.getByText(w.atLeast(8)).waitFor();
  await page.getByLabel(w.password, { exact: true }).fill(password);
  await page.getByLabel(w.repeated, { exact: true }).fill(password);
  await press(w.save, w.saved);

  const { access_token: token } = (await api.logIn(email, password)).body;
  refused(await api.send("GET", "/v1/users", { token }), 403, "second-factor-missing");
  const { otpauth_url, secret } = await api.expect("POST", "/v1/me/totp", { token, body: { current_password: password } });
  const app = URI.parse(otpauth_url);
  assert(app instanceof TOTP);
  assert.deepEqual([app.label, app.issuer, app.secret.base32], [email, "Lede", secret]);
  const next = codesOf(app);
  const confirm = { current_password: password, code: next() };
  const { recovery_codes } = await api.expect("POST", "/v1/me/totp/confirm", { token, body: confirm });
  assert.equal(recovery_codes.length, 10);
  await api.expect("GET", "/v1/users", { token });

  // In a browser: the website asks for the code once it is needed.
  const used = next();
  for (const code of [used, recovery_codes[0]]) {
    const person = await atWebsite(browser, address);
    await person.page.goto(site.origin);
    await person.says("token-missing");
    await person.logIn(email, password);
    await person.says("second-factor-required");
    await person.logIn(email, password, "000000");
    await person.says("invalid-credentials");
    await person.logIn(email, password, code);
    await person.says(`Logged in as ${email}`);
    await person.page.context().close();
  }

  // In the API reference, without its renderer, which takes long and is looked at in reference.js.
  const { page: docs } = await open(browser, { locale: "en" });
  const body = "globalThis.Scalar = { createApiReference: () => ({ updateConfiguration() {} }) };";
  await docs.route("**/docs/scalar-*.js", (route) => route.fulfill({ contentType: "text/javascript", body }));
  await docs.goto(`${address}/docs`);
  await docs.getByRole("button", { name: "Log in", exact: true }).click();
  const dialog = docs.getByRole("dialog", { name: "Log in" });
  const code = dialog.getByLabel("Code of the second factor");
  await dialog.getByLabel("Email").fill(email);
  await dialog.getByLabel("Password").fill(password);
  assert(!(await code.isVisible()), "the code is asked for too early");
  await dialog.getByRole("button", { name: "Log in" }).click();
  await code.fill(recovery_codes[1]);
  await dialog.getByRole("button", { name: "Log in" }).click();
  await docs.locator("#user").filter({ hasText: email }).waitFor();

  for (const code of [used, recovery_codes[0], recovery_codes[1]]) {
    refused(await api.logIn(email, password, code), 401, "invalid-credentials");
  }
  assert.equal((await api.logIn(email, password, next())).status, 201);
  console.log("logged in with codes and recovery codes, each once");
}
