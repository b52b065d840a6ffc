// A session in a cookie: a website logs in, stays logged in over a reload, and logs out; no script sees the refresh token, and no
// page of another origin can use it.
import assert from "node:assert/strict";
import { until } from "./pages.js";
import { refused } from "./server.js";
import { atWebsite } from "./site.js";

export async function cookieSession({ browser, address, site, stranger }, { email, password }, wanted) {
  const person = await atWebsite(browser, address);
  const { page, says, logIn, bodies } = person;
  const context = page.context();
  const cookie = async () => (await context.cookies()).find(({ name }) => name === wanted.name);
  await page.goto(site.origin);
  await says("token-missing");
  await logIn(email, "wrong");
  await says("invalid-credentials");
  assert.equal(await cookie(), undefined);

  await logIn(email, password);
  await says(`Logged in as ${email}`);
  const { value, expires, ...rest } = await cookie();
  assert.deepEqual(rest, { ...wanted, domain: "127.0.0.1", path: "/", httpOnly: true, sameSite: "Strict" });
  const days = (expires - Date.now() / 1000) / 86_400;
  assert(days > 6.9 && days <= 7, `the cookie is kept for ${days} days`);
  const seen = [value];

  // After a reload the page has nothing but the cookie. Two tabs that start together both stay logged in.
  const tab = await context.newPage();
  await page.reload();
  await says(`Logged in as ${email}`);
  seen.push((await cookie()).value);
  assert.notEqual(seen[0], seen[1], "the token was not exchanged");
  await Promise.all([page.reload(), tab.goto(site.origin)]);
  await says(`Logged in as ${email}`);
  await tab.getByRole("status").filter({ hasText: "Logged in as" }).waitFor();
  seen.push((await cookie()).value);
  assert.equal(await page.evaluate(() => document.cookie), "");
  const told = await Promise.all(bodies);
  assert(told.some((body) => body.includes("access_token")), "nothing was heard");
  for (const body of told) {
    assert(!body.includes("refresh_token") && !seen.some((one) => body.includes(one)), `a refresh token is in ${body}`);
  }

  // The cookie opens nothing but the session.
  const outcome = (where, path, init) => where.evaluate(
    ([url, init]) => fetch(url, { credentials: "include", ...init }).then(({ status }) => status, String),
    [address + path, init],
  );
  assert.match(await outcome(page, "/v1/me"), /Failed to fetch/);
  const refresh = async (token, origin) => {
    const headers = { cookie: `${wanted.name}=${token}`, ...origin };
    const response = await fetch(`${address}/v1/auth/refresh`, { method: "POST", headers });
    return { status: response.status, body: await response.json() };
  };
  refused(await refresh(seen[2], {}), 403, "origin-not-allowed");
  refused(await refresh(seen[2], { origin: stranger.origin }), 403, "origin-not-allowed");

  // Pages of other origins: on the same host, where the browser sends the cookie, and on another, where it does not.
  for (const [origin, status] of [[stranger.origin, 403], [site.foreign, 401]]) {
    const other = await context.newPage();
    await other.goto(origin);
    await other.getByRole("status").filter({ hasText: "out of reach" }).waitFor();
    // The statuses of responses that the browser withholds from the page are told to its debugger.
    const statuses = [];
    const debug = await context.newCDPSession(other);
    debug.on("Network.responseReceivedExtraInfo", ({ statusCode }) => statuses.push(statusCode));
    await debug.send("Network.enable");
    for (const mode of ["cors", "no-cors"]) {
      assert.match(await outcome(other, "/v1/auth/refresh", { method: "POST", mode }), /Failed to fetch/);
    }
    await other.evaluate((action) => {
      const form = document.body.appendChild(document.createElement("form"));
      Object.assign(form, { method: "POST", action }).submit();
    }, `${address}/v1/auth/refresh`);
    await until("three responses", () => statuses.length >= 3);
    assert.deepEqual(statuses.slice(0, 3), [status, status, status], origin);
    await other.close();
  }
  assert.equal((await cookie()).value, seen[2]);
  await page.reload();
  await says(`Logged in as ${email}`);

  const last = (await cookie()).value;
  await page.getByRole("button", { name: "Log out" }).click();
  await says("Logged out");
  assert.equal(await cookie(), undefined);
  await page.reload();
  await says("token-missing");
  refused(await refresh(last, { origin: site.origin }), 401, "session-ended");
  console.log(`a website kept a session in ${wanted.name}`);
}
