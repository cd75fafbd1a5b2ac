import type { IncomingMessage } from "node:http";
import {
  noticePage,
  pageHeaders,
  signOutPage,
  userCodeConfirmPage,
  userCodePage,
  type Way,
} from "@postern/console";
import type { Page, ProviderPages } from "@postern/identity";
import { type Exchange, HOME } from "../people/exchange.ts";

/** The provider's pages are pages like the others. */
export function providerPages(
  exchangeOf: (request: IncomingMessage) => Exchange,
  wrongUserCode: (exchange: Exchange) => void,
): ProviderPages {
  const page = ({ shell }: Exchange, status: number, body: string, leadsTo: string | null = null): Page => ({
    status,
    headers: { ...pageHeaders(shell.nonce, { leadsTo }), "referrer-policy": "same-origin" },
    body,
  });
  const home = ({ messages }: Exchange): readonly Way[] => [{ href: HOME, label: messages.trouble.toStart }];
  return {
    error(request, { code, detail }) {
      const exchange = exchangeOf(request);
      const { messages, shell } = exchange;
      if (code === "temporarily_unavailable" || code === "server_error")
        return page(exchange, 503, noticePage(shell, messages.trouble.notNow, { ways: home(exchange) }));
      const told = messages.signIn.client.trouble;
      const said = detail === "" ? code : `${code}: ${detail}`;
      return page(exchange, 400, noticePage(shell, told, { ways: home(exchange), detail: said }));
    },
    signOut(request, { action, xsrf, client, leadsTo }) {
      const exchange = exchangeOf(request);
      return page(exchange, 200, signOutPage(exchange.shell, { action, xsrf, client }), leadsTo);
    },
    userCode(request, form) {
      const exchange = exchangeOf(request);
      return page(exchange, form.failed ? 400 : 200, userCodePage(exchange.shell, form));
    },
    userCodeConfirm(request, form) {
      const exchange = exchangeOf(request);
      return page(exchange, 200, userCodeConfirmPage(exchange.shell, form));
    },
    deviceSignedIn(request) {
      const exchange = exchangeOf(request);
      return page(exchange, 200, noticePage(exchange.shell, exchange.messages.signIn.device.done));
    },
    wrongUserCode: (request) => wrongUserCode(exchangeOf(request)),
    signedOut(request) {
      const exchange = exchangeOf(request);
      return page(exchange, 200, noticePage(exchange.shell, exchange.messages.signIn.signedOut));
    },
  };
}
