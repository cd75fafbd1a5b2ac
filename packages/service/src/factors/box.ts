import type { Factor, FactorId, SubjectRef } from "@postern/core";
import type { Keyring } from "../keyring/keyring.ts";
import type { RecoveryCodes } from "../ports/one-time-code.ts";
import type { StoredPasskey } from "../ports/passkey.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";

/** What a factor is called, and what it is proved with. Both go with their subject's key. */
export type OpenedFactor = { readonly label: string } & (
  | { readonly kind: "password"; readonly hash: string }
  | { readonly kind: "totp"; readonly secret: string }
  | { readonly kind: "passkey"; readonly passkey: StoredPasskey }
  | { readonly kind: "recovery-code"; readonly codes: RecoveryCodes }
  /** Who they are at another identity provider. */
  | { readonly kind: "upstream"; readonly issuer: string; readonly subject: string }
  | { readonly kind: "invitation" }
);

interface BoxParts {
  readonly keys: Keyring;
  readonly pool: RandomPool;
}

export function sealFactor(
  { keys, pool }: BoxParts,
  subject: SubjectRef,
  id: FactorId,
  opened: OpenedFactor,
): string {
  const key = keys.get(subject);
  if (key === null) throw new TypeError(`there is no key for \`${subject}\``);
  const plain = Buffer.from(JSON.stringify(opened), "utf8");
  return Buffer.from(sealBox(key, plain, `factor:${id}`, pool)).toString("base64");
}

/** Null: removed, or its subject's key is gone. */
export function openFactor({ keys }: Pick<BoxParts, "keys">, factor: Factor): OpenedFactor | null {
  const key = keys.get(factor.subject);
  if (key === null || factor.box === "") return null;
  const plain = openBox(key, Buffer.from(factor.box, "base64"), `factor:${factor.id}`);
  return plain === null ? null : (JSON.parse(Buffer.from(plain).toString("utf8")) as OpenedFactor);
}
