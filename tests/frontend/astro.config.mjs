// A static site: every page is made at build time from what Lede answers. `_redirects` keeps old addresses alive on hosts
// that read Netlify's form.
import { writeFile } from "node:fs/promises";
import { defineConfig } from "astro/config";

const lede = process.env.LEDE_URL ?? "http://127.0.0.1:8143";

const redirects = {
  name: "redirects",
  hooks: {
    "astro:build:done": async ({ dir }) => {
      const rules = await fetch(`${lede}/v1/redirects/netlify`);
      if (!rules.ok) throw new Error(`${rules.url}: ${rules.status}`);
      await writeFile(new URL("_redirects", dir), await rules.text());
    },
  },
};

export default defineConfig({
  site: process.env.SITE_URL ?? "http://127.0.0.1:4321",
  trailingSlash: "always",
  integrations: [redirects],
});
