// Pages in a browser: what they ask for, what they look like, and what people do with them.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import axe from "axe-core";

/** Asks again until there is an answer. */
export async function until(what, ask) {
  for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((go) => setTimeout(go, 50))) {
    const answer = await ask();
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

/** A page in a browser without scripts, and what somebody does with it who reads this language. */
export async function visit(browser, locale) {
  const seen = await open(browser, { javaScriptEnabled: false, locale });
  const { page } = seen;
  const at = (heading) => page.getByRole("heading", { name: heading, exact: true }).waitFor();
  return {
    ...seen,
    at,
    press: async (button, heading) => {
      await page.getByRole("button", { name: button, exact: true }).first().click();
      await at(heading);
    },
    look: (name) => look(browser, page, `${locale}-${name}`),
  };
}

/** Nothing came from elsewhere, and the browser has nothing to say but what statuses the pages had. */
export function check(address, { requests, complaints }) {
  const elsewhere = requests.filter((url) => !url.startsWith(`${address}/`) && !url.startsWith("data:"));
  assert.deepEqual(elsewhere, [], "requests to other origins");
  assert.deepEqual(complaints.filter((text) => !/status of 4(01|04|09|10|22|29)/.test(text)), [], "the browser complains");
}

/** The page that others are shown in again, with axe-core, which needs scripts: the pages themselves have none. */
let viewer;

/** Looks at a page as it is, in every width and colour, and as a picture in the folder that SHOTS names. */
export async function look(browser, shown, name) {
  if (!viewer) {
    viewer = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
    await viewer.evaluate(axe.source);
  }
  await viewer.setContent(await shown.content());
  for (const width of [320, 1200]) for (const colorScheme of ["light", "dark"]) {
    await viewer.setViewportSize({ width, height: 800 });
    await viewer.emulateMedia({ colorScheme });
    if (process.env.SHOTS) {
      mkdirSync(process.env.SHOTS, { recursive: true });
      await viewer.screenshot({ path: `${process.env.SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
    const { widest, violations } = await viewer.evaluate(async () => ({
      widest: document.documentElement.scrollWidth,
      violations: (await window.axe.run({ preload: false, resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }))
        .violations,
    }));
    assert(widest <= width, `${name} is ${widest} pixels wide on ${width}`);
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    assert.deepEqual(told, [], `${name}, ${width} pixels, ${colorScheme}`);
  }
}

/** Closes what a story has opened, so that it costs the next one nothing. */
export const closeAll = (browser) =>
  Promise.all(browser.contexts().filter((context) => context !== viewer?.context()).map((context) => context.close()));
