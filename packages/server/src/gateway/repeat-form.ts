import type { IncomingMessage } from "node:http";
import { canonicalPath } from "@postern/core";
import type { FormHolder, ParkedForm, ParkedForms } from "@postern/service";
import { sameSitePath } from "../return-path.ts";
import { formCookie } from "./continued-form.ts";
import { RESERVED } from "./own-routes.ts";
import { clientHeaders } from "./request-headers.ts";

/** Where the application asks for the form again, at this very site; null: it names another place, or none. */
export function repeatedAt(
  location: string | undefined,
  from: string,
  origins: readonly string[],
): string | null {
  for (const origin of origins) {
    const read = location === undefined ? null : URL.parse(location, `${origin}${from}`);
    if (read === null || read.origin !== origin) continue;
    const canonical = canonicalPath(read.pathname);
    if (!canonical.ok || sameSitePath(read.pathname + read.search) === null) return null;
    const { path } = canonical.value;
    return path === RESERVED || path.startsWith(`${RESERVED}/`) ? null : path + read.search;
  }
  return null;
}

/**
 * Keeps a form again, for the address to which the application sends it on (RFC 9110 sections 15.4.8 and 15.4.9). The browser
 * goes there by itself, so that the new address is decided anew and a circle ends where browsers end one.
 */
export async function repeatForm(
  parkedForms: Pick<ParkedForms, "park">,
  form: ParkedForm,
  holder: FormHolder,
  path: string,
): Promise<string | null> {
  const id = await parkedForms.park(holder, { ...form, path });
  return id === null ? null : formCookie(id, path);
}

/** The cookies that an application sets with an answer that is not passed on, less those that are ours. */
export function cookiesOf({ rawHeaders }: IncomingMessage): readonly string[] {
  const headers = clientHeaders(rawHeaders, "");
  return headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === "set-cookie");
}
