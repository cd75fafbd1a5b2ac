import type { Authenticators, PasswordHash } from "@postern/service";

/**
 * Proofs that a test can write by hand: a password hashes to itself, the code of a time step is its number, and a
 * passkey's proof is `{ id, counter, verified, bound }`. A device's proof is {@link pretendedProof}.
 */
export function pretendedAuthenticators(): Authenticators & { readonly asked: (string | null)[] } {
  const asked: (string | null)[] = [];
  const passwords: PasswordHash = {
    weakness: (password) => (password.length < 12 ? "too-short" : null),
    hash: async (password) => `hash of ${password}`,
    matches: async (hash, password) => {
      asked.push(hash);
      return hash === `hash of ${password}`;
    },
  };
  return {
    asked,
    passwords,
    codes: {
      make: (account) => ({ secret: `seed of ${account}`, uri: "otpauth://totp/test" }),
      stepOf: (_, code, at) => {
        const now = Math.floor(at / 30_000);
        return Math.abs(Number(code) - now) <= 1 ? Number(code) : null;
      },
      makeRecovery: () => ({
        codes: ["recover-0", "recover-1"],
        kept: { salt: "", hashes: ["recover-0", "recover-1"] },
      }),
      positionOf: ({ hashes }, code) => (hashes.includes(code) ? hashes.indexOf(code) : null),
    },
    passkeys: {
      creation: async (_, { challenge }) => ({ challenge }),
      enrolled: async (_, __, response) => {
        const { id, bound } = response as { readonly id: string; readonly bound: boolean };
        return {
          credential: id,
          publicKey: "key",
          transports: [],
          counter: 0,
          evidence: {
            aaguid: "00000000-0000-0000-0000-000000000000",
            attestation: "none",
            deviceBound: bound,
            backedUp: !bound,
            userVerified: true,
          },
        };
      },
      request: async (_, { challenge }) => ({ challenge }),
      credentialOf: (response) => (response as { readonly id: string }).id,
      used: async (_, __, stored, response) => {
        const { id, counter, verified, bound } = response as {
          readonly id: string;
          readonly counter: number;
          readonly verified: boolean;
          readonly bound: boolean;
        };
        return id === stored.credential
          ? { counter, userVerified: verified, deviceBound: bound, backedUp: !bound }
          : null;
      },
    },
    devices: {
      said(proof) {
        const { challenge, key } = readProof(proof);
        return { challenge, thumbprint: `thumbprint of ${key}` };
      },
      async registered(proof, { challenge, origins }) {
        const read = readProof(proof);
        return read.challenge === challenge && origins.includes(read.origin)
          ? { key: { x: read.key, y: "" }, thumbprint: `thumbprint of ${read.key}` }
          : null;
      },
      async proved(proof, { x }, { challenge, origins }) {
        const read = readProof(proof);
        return read.challenge === challenge && origins.includes(read.origin) && read.key === x;
      },
    },
    party: () => ({ id: "test", name: "Test", origins: ["http://test"] }),
  };
}

/** What a browser with this key would sign. */
export function pretendedProof(challenge: string, key: string, origin = "http://test"): string {
  return JSON.stringify({ challenge, key, origin });
}

function readProof(proof: string): {
  readonly challenge: string;
  readonly key: string;
  readonly origin: string;
} {
  return JSON.parse(proof) as ReturnType<typeof readProof>;
}
