import { messagesFor, type Notice, noticeText } from "@postern/console";
import type { NoticeChannel, NoticeMessage, Sent, World } from "@postern/service";
import { createTransport } from "nodemailer";
import { isThisMachine } from "../this-machine.ts";

const PATIENCE_MS = 10_000;
const LONGEST_SUBJECT = 150;
/** One address and nothing else: no list, no name, no line break, nothing that a header could be made of. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** Notices by e-mail. Plain text, in words that a person knows; nothing is fetched to make one. */
export function mailChannel(options: {
  /**
   * `smtp://` or `smtps://`, with user and password where the server wants them: to another machine these go over TLS
   * alone.
   */
  readonly url: string;
  readonly from: string;
  readonly world: Pick<World, "wall">;
  /** Where the reader finds all messages. */
  readonly inbox: () => string;
}): NoticeChannel {
  const transport = transportOf(options.url, options.from);
  return {
    name: "mail",
    each: true,
    async send(message) {
      const to = message.to?.address ?? null;
      // Who has no address is told in the inbox alone.
      if (to === null) return { kind: "delivered" };
      if (!isAddress(to)) return { kind: "never", why: "what is held as an address is none" };
      const { subject, text } = mailOf(message, options.world.wall(), options.inbox());
      try {
        await transport.sendMail({
          to: { name: "", address: to },
          subject,
          text,
          messageId: `<${message.id}@postern.invalid>`,
          headers: { "Auto-Submitted": "auto-generated", "X-Postern-Message": message.id },
        });
        return { kind: "delivered" };
      } catch (cause) {
        return failed(cause);
      }
    },
  };
}

/** One letter to one address; false: the server did not take it. */
export function mailer(
  url: string,
  from: string,
): (letter: { readonly to: string; readonly subject: string; readonly text: string }) => Promise<boolean> {
  const transport = transportOf(url, from);
  return async ({ to, subject, text }) => {
    try {
      const headers = { "Auto-Submitted": "auto-generated" };
      await transport.sendMail({ to: { name: "", address: to }, subject, text, headers });
      return true;
    } catch {
      return false;
    }
  };
}

function transportOf(url: string, from: string) {
  return createTransport(
    {
      url,
      requireTLS: needsTls(url),
      connectionTimeout: PATIENCE_MS,
      greetingTimeout: PATIENCE_MS,
      socketTimeout: PATIENCE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from },
  );
}

/** A server that offers no STARTTLS, or somebody between who takes the offer away, would read the password. */
function needsTls(url: string): boolean {
  const { username, password, hostname } = new URL(url);
  return (username !== "" || password !== "") && !isThisMachine(hostname);
}

/** SMTP answers 5xx for good and 4xx for now; the server's words may repeat the address, so they are not kept. */
function failed(cause: unknown): Sent {
  const { code, responseCode, command } = cause as {
    readonly code?: unknown;
    readonly responseCode?: unknown;
    readonly command?: unknown;
  };
  const answer = typeof responseCode === "number" ? responseCode : 0;
  const aboutThis =
    command === "RCPT TO" || command === "DATA" || code === "EENVELOPE" || code === "EMESSAGE";
  if (aboutThis && answer >= 500) return { kind: "never", why: `the mail server answered ${answer}` };
  const why =
    answer > 0 ? `the mail server answered ${answer}` : `no mail server (${String(code ?? "unknown")})`;
  return aboutThis && answer >= 400 ? { kind: "later", why, ofMessage: true } : { kind: "later", why };
}

export function mailOf(
  message: NoticeMessage,
  now: number,
  inbox: string,
): { readonly subject: string; readonly text: string } {
  const m = messagesFor([]);
  const notice: Notice =
    message.kind === "recovered"
      ? message
      : {
          ...message,
          as: message.to?.as ?? "owner",
          holder: message.holder === null ? null : oneLine(message.holder.id, 80),
        };
  const { title, text } = noticeText(notice, m, now);
  return {
    subject: oneLine(title, LONGEST_SUBJECT),
    text: `${title}\n\n${text}\n\n${m.inbox.mailEnd(inbox)}\n`,
  };
}

/** Names are whatever somebody put in: one line of them, without anything that steers a terminal or a header. */
function oneLine(text: string, longest: number): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return plain.length > longest ? `${plain.slice(0, longest - 1)}…` : plain;
}
