// A website that logs people in: a page of another origin than the API's, which keeps the session in a cookie.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { open } from "./pages.js";

/** Serves the page on a port of its own. */
export async function website() {
  let page = "";
  const server = createServer((request, response) => response.setHeader("content-type", "text/html").end(page));
  server.listen(0, "127.0.0.1");
  await new Promise((go) => server.once("listening", go));
  const { port } = server.address();
  return {
    origin: `http://127.0.0.1:${port}`,
    /** The same page by another name, which is another site to a browser. */
    foreign: `http://localhost:${port}`,
    use: (api) => (page = readFileSync(new URL("site.html", import.meta.url), "utf8").replace('"API"', JSON.stringify(api))),
    close: () => server.close(),
  };
}

/** Somebody at the website. `bodies` are those of all responses of the API. */
export async function atWebsite(browser, address) {
  const seen = await open(browser, { locale: "en" });
  const { page } = seen;
  const bodies = [];
  page.on("response", (response) => {
    if (response.url().startsWith(address)) bodies.push(response.text().catch(() => ""));
  });
  const says = (text) => page.getByRole("status").filter({ hasText: new RegExp(`^${text}$`) }).waitFor();
  return {
    ...seen,
    bodies,
    says,
    logIn: async (email, password, code) => {
      await page.getByLabel("Email").fill(email);
      await page.getByLabel("Password").fill(password);
      if (code) await page.getByLabel("Code").fill(code);
      await page.getByRole("button", { name: "Log in" }).click();
    },
  };
}
