// Pages in a browser, and what they ask for.
import assert from "node:assert/strict";

/** Asks again until there is an answer. */
export async function until(what, ask) {
  for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((go) => setTimeout(go, 50))) {
    const answer = ask();
    if (answer) return answer;
  }
  throw new Error(`${what}: nothing in 20 seconds`);
}

/** A page, and what it asks for and complains of. */
export async function open(browser, options) {
  const page = await (await browser.newContext(options)).newPage();
  const seen = { requests: [], complaints: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => message.type() === "error" && seen.complaints.push(message.text()));
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  return { page, ...seen };
}

/** Nothing came from elsewhere, and the browser has nothing to say but what statuses the pages had. */
export function check(address, { requests, complaints }) {
  const elsewhere = requests.filter((url) => !url.startsWith(`${address}/`) && !url.startsWith("data:"));
  assert.deepEqual(elsewhere, [], "requests to other origins");
  assert.deepEqual(complaints.filter((text) => !/status of 4(01|04|22)/.test(text)), [], "the browser complains");
}
