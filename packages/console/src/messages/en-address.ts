import { type Html, html } from "../html.ts";

export interface AddressMessages {
  readonly heading: string;
  readonly summary: string;
  readonly open: string;
  readonly held: (address: string) => Html;
  readonly verified: (address: string, at: Html) => Html;
  readonly none: string;
  readonly confirmFirst: string;
  readonly address: string;
  readonly send: string;
  readonly sent: (address: string) => Html;
  readonly code: string;
  readonly codeNote: string;
  readonly check: string;
  readonly failed: Readonly<Record<"wrong" | "malformed" | "throttled" | "unreachable", string>>;
  readonly mail: (code: string) => { readonly subject: string; readonly text: string };
  readonly outbox: string;
  readonly outboxText: string;
  readonly outboxEmpty: string;
}

export const enAddress: AddressMessages = {
  heading: "Your mail address",
  summary: "We send you what happens to your account there. A code shows that you read it.",
  open: "Your mail address",
  held: (address) => html`We hold <strong>${address}</strong>. Nobody has shown yet that they read it.`,
  verified: (address, at) => html`We hold <strong>${address}</strong>. You showed ${at} that you read it.`,
  none: "We hold no address of you.",
  confirmFirst: "To change or check your address, first show that it is you. That holds for five minutes.",
  address: "Mail address",
  send: "Send a code",
  sent: (address) =>
    html`A code is on its way to <strong>${address}</strong>. It is good for ten minutes, once.`,
  code: "Code from the message",
  codeNote: "Eight digits. You may paste it.",
  check: "Check the code",
  failed: {
    wrong: "That does not fit, or its ten minutes are over. Send a new code if it does not work.",
    malformed: "That is no mail address. Check it and try again.",
    throttled: "Too many codes were sent. Wait an hour, then try again.",
    unreachable: "The message could not be sent. Try again later.",
  },
  mail: (code) => ({
    subject: "Your code",
    text: `Your code: ${code}\n\nIt is good for ten minutes, once. If you did not ask for it, somebody typed your address by mistake: you need do nothing.\n`,
  }),
  outbox: "Outbox",
  outboxText: "What would have been mailed. Shown in development alone, where no mail server is set.",
  outboxEmpty: "Nothing yet.",
};
