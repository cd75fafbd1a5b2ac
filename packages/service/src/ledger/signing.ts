import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { type Ed25519Verify, formatVkey, noteKey, type Signer } from "@postern/ledger";

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

const SPKI = Buffer.from("302a300506032b6570032100", "hex");

export const verifyEd25519: Ed25519Verify = (signature, message, publicKey) =>
  verify(
    null,
    message,
    createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: "der", type: "spki" }),
    signature,
  );

/** An Ed25519 key of the deployment, from its 32 bytes of seed (RFC 8032). */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: Uint8Array;
}

export function signingKey(seed: Uint8Array): SigningKey {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return { privateKey, publicKey: new Uint8Array(spki.subarray(spki.length - 32)) };
}

/** Signs notes under the name of the log. */
export function noteSigner(
  origin: string,
  key: SigningKey,
): { readonly signer: Signer; readonly vkey: string } {
  const named = noteKey(origin, key.publicKey);
  return {
    signer: {
      name: named.name,
      keyId: named.keyId,
      sign: (text) => new Uint8Array(sign(null, text, key.privateKey)),
    },
    vkey: formatVkey(named),
  };
}
