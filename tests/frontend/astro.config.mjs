import { writeFile } from "node:fs/promises";
import { defineConfig, envField } from "astro/config";

const { LEDE_URL = "http://localhost:8143", SITE_URL = "http://localhost:4321" } = process.env;

export default defineConfig({
  site: SITE_URL,
  trailingSlash: "always",
  env: {
    // The build asks Lede, and so do the scripts of the search and the preview.
    schema: { LEDE_URL: envField.string({ context: "client", access: "public", default: LEDE_URL }) },
  },
  integrations: [{
    name: "lede",
    hooks: {
      async "astro:build:done"({ dir }) {
        // Every address that once was. This is the form that Netlify and its like read; there is one for nginx, too.
        const redirects = await fetch(`${LEDE_URL}/v1/redirects/netlify`);
        if (!redirects.ok) throw new Error(`the redirects: ${redirects.status}`);
        await writeFile(new URL("_redirects", dir), await redirects.text());
        await writeFile(new URL("robots.txt", dir), `User-agent: *\nDisallow: /preview/\n\nSitemap: ${LEDE_URL}/sitemap.xml\n`);
      },
    },
  }],
});
