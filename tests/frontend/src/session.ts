// An editor's session in the browser. The refresh token is in a cookie that scripts cannot read, and the access token, which is
// valid for ten minutes, in memory. `LEDE_CORS_ORIGINS` has to list the origin of this site, and site and Lede have to be
// under one domain, such as website.example and cms.website.example; in development, both under localhost.
import type { components } from "./contract";
import { connect, get, lede, type Problem } from "./lede";

const credentials = "include";
let access: Promise<{ token: string; until: number }> | undefined;

/** Keeps the access token of a response. It is renewed half a minute before it expires. */
function keep(response: Promise<{ data?: components["schemas"]["SessionTokens"]; error?: Problem }>) {
  access = get(response).then(({ access_token, expires_in }) => ({
    token: access_token,
    until: Date.now() + (expires_in - 30) * 1000,
  }));
  return access;
}

export const logIn = (body: { email: string; password: string; code?: string }) =>
  keep(lede.POST("/v1/auth/sessions", { body: { ...body, cookie: true }, credentials }));

// Tabs that do this at the same time get the same tokens.
const refresh = () => keep(lede.POST("/v1/auth/refresh", { credentials }));

export async function logOut() {
  await get(editor.POST("/v1/auth/logout", { body: { scope: "current" }, credentials }));
  access = undefined;
}

/** A client whose requests carry the editor's access token. They fail with 401 if nobody is logged in. */
export const editor = connect();

editor.use({
  async onRequest({ request }) {
    const known = await access?.catch(() => undefined);
    const { token } = known && Date.now() < known.until ? known : await refresh();
    request.headers.set("authorization", `Bearer ${token}`);
    return request;
  },
});
