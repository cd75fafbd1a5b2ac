import type { EnrolledPasskey, Passkeys, StoredPasskey, UsedPasskey } from "@postern/service";
import {
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";

/** How long a browser waits for its person, in milliseconds. */
const PATIENCE = 300_000;
const ID = /^[A-Za-z0-9_-]{16,1400}$/;
const TRANSPORTS: readonly string[] = ["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"];

export function passkeys(): Passkeys {
  return {
    creation: (party, { user, challenge, known }) =>
      generateRegistrationOptions({
        rpName: party.name,
        rpID: party.id,
        userID: new Uint8Array(Buffer.from(user.handle, "utf8")),
        userName: user.name,
        userDisplayName: user.name,
        challenge: bytes(challenge),
        timeout: PATIENCE,
        attestationType: "none",
        excludeCredentials: known.map(described),
        authenticatorSelection: { residentKey: "required", userVerification: "preferred" },
      }),
    async enrolled(party, challenge, response): Promise<EnrolledPasskey | null> {
      if (!isResponse(response)) return null;
      const { registrationInfo } = await verifyRegistrationResponse({
        response: response as unknown as RegistrationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: [...party.origins],
        expectedRPID: party.id,
        requireUserVerification: false,
      }).catch(() => ({ registrationInfo: undefined }));
      if (registrationInfo === undefined) return null;
      const { credential, aaguid, fmt, userVerified, credentialDeviceType, credentialBackedUp } =
        registrationInfo;
      return {
        credential: credential.id,
        publicKey: Buffer.from(credential.publicKey).toString("base64url"),
        transports: (credential.transports ?? []).filter((one) => TRANSPORTS.includes(one)),
        counter: credential.counter,
        evidence: {
          aaguid,
          attestation: fmt,
          deviceBound: credentialDeviceType === "singleDevice" && !credentialBackedUp,
          backedUp: credentialBackedUp,
          userVerified,
        },
      };
    },
    request: (party, { challenge, known, verify }) =>
      generateAuthenticationOptions({
        rpID: party.id,
        challenge: bytes(challenge),
        timeout: PATIENCE,
        userVerification: verify ? "required" : "preferred",
        allowCredentials: known.map(described),
      }),
    credentialOf: (response) => (isResponse(response) ? response.id : null),
    async used(party, challenge, stored, response): Promise<UsedPasskey | null> {
      if (!isResponse(response)) return null;
      const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
        response: response as unknown as AuthenticationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: [...party.origins],
        expectedRPID: party.id,
        requireUserVerification: false,
        credential: {
          id: stored.credential,
          publicKey: new Uint8Array(Buffer.from(stored.publicKey, "base64url")),
          counter: stored.counter,
        },
      }).catch(() => ({ verified: false, authenticationInfo: null }));
      if (!verified || info === null) return null;
      return {
        counter: info.newCounter,
        userVerified: info.userVerified,
        deviceBound: info.credentialDeviceType === "singleDevice" && !info.credentialBackedUp,
        backedUp: info.credentialBackedUp,
      };
    },
  };
}

function described({ credential, transports }: StoredPasskey): {
  readonly id: string;
  readonly transports: AuthenticatorTransport[];
} {
  return { id: credential, transports: transports as AuthenticatorTransport[] };
}

function bytes(challenge: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(challenge, "base64url"));
}

function isResponse(value: unknown): value is { readonly id: string; readonly response: object } {
  if (typeof value !== "object" || value === null) return false;
  const { id, response } = value as { readonly id?: unknown; readonly response?: unknown };
  return typeof id === "string" && ID.test(id) && typeof response === "object" && response !== null;
}
