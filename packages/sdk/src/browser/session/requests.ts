import { readSession, type SessionDocument } from "./session-document.ts";

export type Answer =
  | { readonly kind: "said"; readonly session: SessionDocument }
  /** 401: there is no such session any more. */
  | { readonly kind: "over" }
  /** 409: the extensions are spent. */
  | { readonly kind: "spent" }
  /** The network is gone, or the answer is not one that can be understood. Nothing is concluded from it. */
  | { readonly kind: "unreachable" };

/** How long an answer is waited for, in milliseconds: a network that is gone often says nothing at all. */
const PATIENCE = 8_000;

export async function ask(
  address: string,
  method: "GET" | "POST",
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  try {
    const response = await fetch(address, {
      method,
      headers,
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
      // What a person did a moment before the page was hidden is still told.
      keepalive: method === "POST",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (response.status === 401) return { kind: "over" };
    if (response.status === 409) return { kind: "spent" };
    const session = response.ok ? readSession(await response.json()) : null;
    return session === null ? { kind: "unreachable" } : { kind: "said", session };
  } catch {
    return { kind: "unreachable" };
  }
}

/** False: nothing is known to have happened. */
export async function askToEnd(address: string): Promise<boolean> {
  try {
    const { ok, status } = await fetch(address, {
      method: "POST",
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE),
    });
    return ok || status === 401;
  } catch {
    return false;
  }
}
