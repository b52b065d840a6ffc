// A mail server that takes everything, and the mails it took.
import assert from "node:assert/strict";
import { SMTPServer } from "smtp-server";
import { until } from "./pages.js";

export async function mailServer() {
  const mails = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    async onData(stream, session, done) {
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      const raw = Buffer.concat(chunks).toString();
      mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw, text: partsOf(raw)["text/plain"] });
      done();
    },
  });
  await new Promise((go) => server.listen(0, "127.0.0.1", go));
  return {
    mails,
    /** The mail to an address with these words in it, once it has arrived. Each mail is returned once. */
    take: (to, words) => until(`the mail to ${to} with ${words}`, () => {
      const mail = mails.find((one) => !one.taken && one.to.includes(to) && one.text.includes(words));
      if (mail) mail.taken = true;
      return mail;
    }),
    url: `smtp://127.0.0.1:${server.server.address().port}?tls=none`,
    close: () => server.close(),
  };
}

/** The link in a mail whose path begins so. */
export const link = ({ text }, path) => new RegExp(`\\S+${path}/\\S+`).exec(text)[0];

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
