import type { Factor, Method, ProvenMethod, SubjectRef } from "@postern/core";
import { liveFactors } from "../factors/authority.ts";
import { type OpenedFactor, openFactor } from "../factors/box.ts";
import type { FactorParts } from "../factors/factor-parts.ts";
import type { StoredPasskey } from "../ports/passkey.ts";
import type { Proof } from "../sign-in/attempts.ts";

type Opened = Extract<OpenedFactor, { readonly kind: Method }>;

/** Whether a factor that is still there was shown; null: it was not. Nothing is used up by looking. */
export interface SecondProofs {
  /** Passkeys that may answer. */
  passkeys(subject: SubjectRef): readonly StoredPasskey[];
  password(subject: SubjectRef, password: string): Promise<Proof | "busy" | null>;
  code(subject: SubjectRef, kind: "totp" | "recovery-code", code: string): Proof | null;
  passkey(subject: SubjectRef, challenge: string, response: unknown): Promise<Proof | null>;
}

export function secondProofs(parts: FactorParts): SecondProofs {
  const { state, directory, clock, authenticators } = parts;
  const { passwords, passkeys, codes, party } = authenticators;
  const opened = (subject: SubjectRef): readonly (readonly [Factor, Opened])[] =>
    liveFactors(state, subject, clock.now().latest).flatMap(
      (factor): readonly (readonly [Factor, Opened])[] => {
        const one = openFactor(parts, factor);
        return one === null || one.kind === "invitation" ? [] : [[factor, one]];
      },
    );
  const proof = (
    { id, kind }: Factor,
    use: Partial<Omit<Proof["use"], "factor">> & { readonly counter: number },
    more: Partial<ProvenMethod> = {},
  ): Proof => ({
    method: {
      method: kind as Method,
      at: clock.now().earliest,
      userVerified: false,
      deviceBound: false,
      ...more,
    },
    use: { factor: id, spends: null, backedUp: null, ...use },
  });

  return {
    passkeys: (subject) =>
      opened(subject).flatMap(([, one]) => (one.kind === "passkey" ? [one.passkey] : [])),
    async password(subject, password) {
      const found = opened(subject).find(([, one]) => one.kind === "password");
      const stored = found?.[1];
      const fits = await passwords.matches(stored?.kind === "password" ? stored.hash : null, password);
      if (fits === null) return "busy";
      return fits && found !== undefined ? proof(found[0], { counter: 0 }) : null;
    },
    code(subject, kind, code) {
      for (const [factor, one] of opened(subject)) {
        if (one.kind === "totp" && kind === "totp") {
          const step = codes.stepOf(one.secret, code, clock.now().latest);
          if (step !== null && step > factor.counter) return proof(factor, { counter: step });
        }
        if (one.kind === "recovery-code" && kind === "recovery-code") {
          const position = codes.positionOf(one.codes, code);
          if (position !== null && !factor.spent.includes(position))
            return proof(factor, { counter: factor.counter + 1, spends: position });
        }
      }
      return null;
    },
    async passkey(subject, challenge, response) {
      const credential = passkeys.credentialOf(response);
      const factor =
        credential === null
          ? undefined
          : state.factorByBlind(directory.blind({ type: "passkey", id: credential }));
      const one = opened(subject).find(([{ id }]) => id === factor?.id)?.[1];
      if (factor === undefined || one?.kind !== "passkey") return null;
      const stored = { ...one.passkey, counter: factor.counter };
      const used = await passkeys.used(party(), challenge, stored, response);
      if (used === null) return null;
      const { userVerified, deviceBound, counter, backedUp } = used;
      return proof(factor, { counter, backedUp }, { userVerified, deviceBound });
    },
  };
}
