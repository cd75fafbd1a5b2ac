import { messagesFor } from "@postern/console";
import type { AddressCodes } from "@postern/service";
import type { Config } from "../config/settings.ts";
import { isAddress, mailer } from "./mail.ts";

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** What would have been mailed, newest first: in development, where no mail server is set. */
export interface Outbox {
  readonly letters: () => readonly Letter[];
}

const KEPT = 20;

/** Null: there is no way to bring a code anywhere. */
export function addressCodes(
  config: Config,
): { readonly codes: AddressCodes; readonly outbox: Outbox | null } | null {
  const letterOf = (to: string, code: string): Letter => ({ to, ...messagesFor([]).address.mail(code) });
  const recoveryLetter = (to: string, code: string, reference: string): Letter => ({
    to,
    ...messagesFor([]).recovery.mail(code, reference),
  });
  if (config.smtpUrl !== null && config.mailFrom !== null) {
    const mail = mailer(config.smtpUrl, config.mailFrom);
    return {
      codes: {
        isAddress,
        send: (to, code) => mail(letterOf(to, code)),
        recover: (to, code, reference) => mail(recoveryLetter(to, code, reference)),
      },
      outbox: null,
    };
  }
  if (config.mode !== "development") return null;
  const letters: Letter[] = [];
  const put = async (letter: Letter): Promise<boolean> => {
    letters.unshift(letter);
    letters.length = Math.min(letters.length, KEPT);
    return true;
  };
  return {
    codes: {
      isAddress,
      send: (to, code) => put(letterOf(to, code)),
      recover: (to, code, reference) => put(recoveryLetter(to, code, reference)),
    },
    outbox: { letters: () => letters },
  };
}
