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
    const response = await send(address, method, headers);
    if (response.status === 401) return { kind: "over" };
    if (response.status === 409) return { kind: "spent" };
    const session = response.ok ? readSession(await response.json()) : null;
    if (session !== null) return { kind: "said", session };
  } catch {
    // Told below.
  }
  return { kind: "unreachable" };
}

/** False: nothing is known to have happened. */
export async function askToEnd(address: string): Promise<boolean> {
  const response = await send(address, "POST").catch(() => null);
  return response !== null && (response.ok || response.status === 401);
}

function send(
  address: string,
  method: "GET" | "POST",
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(address, {
    method,
    headers,
    cache: "no-store",
    redirect: "error",
    // What a person did a moment before the page was hidden is still told.
    keepalive: method === "POST",
    signal: AbortSignal.timeout(PATIENCE),
  });
}
