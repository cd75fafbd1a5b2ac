import { createHmac, timingSafeEqual } from "node:crypto";
import type { World } from "@postern/service";

/** What a binding token says of the refusal that it was given with. All of it is checked again when it comes back. */
export interface Binding {
  readonly iss: string;
  readonly aud: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly evaluation_id: string;
  /** RFC 3339, as the answer said it. */
  readonly denial_expires_at: string;
  readonly binding_context_members: readonly string[];
  readonly binding_hash: string;
  /** The token that asked: nobody else's request is bound by it. */
  readonly client: string;
  readonly revision: string;
  readonly offer: string;
  readonly holder: "subject" | "device";
  readonly action: string;
  readonly resource: string;
}

/** What the handle of a task, or of its approval, stands for. */
export interface Handle {
  readonly optOut: string;
  /** The token that left the request. */
  readonly client: string;
  readonly evaluation: string;
  /** Over subject, action and resource of the refused question. */
  readonly scope: string;
}

export type HandleKind = "arq" | "apr";

/**
 * What is given to enforcement points and comes back. None of it is a pass: a binding token only says which refusal a
 * request is about, and a handle only which request is meant. Authenticated with a key for this alone (HMAC-SHA-256);
 * every comparison is in constant time.
 */
export interface AccessTokens {
  /** A JWS in compact serialization (RFC 7515). */
  bind(binding: Omit<Binding, "jti">): string;
  /** Null: not made here, or changed. Says nothing of its expiry. */
  binding(text: string): Binding | null;
  handle(kind: HandleKind, of: Handle): string;
  resolve(kind: HandleKind, text: string): Handle | null;
}

const HEADER = Buffer.from(
  JSON.stringify({ alg: "HS256", typ: "postern-binding+jwt", kid: "access-request" }),
).toString("base64url");

const LONGEST = 8_192;
const HANDLE_MAC = 16;

export function createAccessTokens(key: Uint8Array, world: Pick<World, "random">): AccessTokens {
  const macOf = (text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const isMac = (given: Buffer, made: Buffer): boolean =>
    given.length === made.length && timingSafeEqual(given, made);
  return {
    bind(binding) {
      const claims = { ...binding, jti: Buffer.from(world.random(16)).toString("base64url") };
      const signed = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
      return `${signed}.${macOf(signed).toString("base64url")}`;
    },
    binding(text) {
      const [header, payload = "", mac = "", more] = text.length > LONGEST ? [] : text.split(".");
      // The header is compared and not read: no algorithm but ours exists.
      if (header !== HEADER || more !== undefined) return null;
      const given = Buffer.from(mac, "base64url");
      if (given.toString("base64url") !== mac || !isMac(given, macOf(`${header}.${payload}`))) return null;
      return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Binding;
    },
    handle(kind, { optOut, client, evaluation, scope }) {
      const text = [optOut, client, evaluation, scope].join(".");
      const mac = macOf(`${kind}.${text}`).subarray(0, HANDLE_MAC);
      return `${kind}_${Buffer.concat([mac, Buffer.from(text)]).toString("base64url")}`;
    },
    resolve(kind, handle) {
      if (handle.length > LONGEST || !handle.startsWith(`${kind}_`)) return null;
      const encoded = handle.slice(kind.length + 1);
      const bytes = Buffer.from(encoded, "base64url");
      if (bytes.toString("base64url") !== encoded) return null;
      const text = bytes.subarray(HANDLE_MAC).toString("utf8");
      const made = macOf(`${kind}.${text}`).subarray(0, HANDLE_MAC);
      if (!isMac(bytes.subarray(0, HANDLE_MAC), made)) return null;
      const [optOut = "", client = "", evaluation = "", scope = ""] = text.split(".");
      return { optOut, client, evaluation, scope };
    },
  };
}
