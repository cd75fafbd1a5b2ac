import type { Factor, Method, ProvenMethod, SubjectRef } from "@postern/core";
import { liveFactors } from "../factors/authority.ts";
import { type OpenedFactor, openFactor } from "../factors/box.ts";
import type { FactorParts } from "../factors/factor-parts.ts";
import type { StoredPasskey } from "../ports/passkey.ts";
import type { Proof } from "./attempts.ts";

type Opened = Extract<OpenedFactor, { readonly kind: Method }>;

/** What shows that somebody is who they are. Nothing is used up by looking: that is for the commit that rests on it. */
export interface Provers {
  /** The ways to sign in that a person has now. */
  factorsOf(subject: SubjectRef): readonly (readonly [Factor, Opened])[];
  passkeysOf(subject: SubjectRef): readonly StoredPasskey[];
  /** Of nobody it takes as long, and fits never. `busy`: it was not looked at. */
  password(subject: SubjectRef | null, password: string): Promise<Proof | "busy" | null>;
  code(subject: SubjectRef, kind: "totp" | "recovery-code", code: string): Proof | null;
  /** Whose passkey it is too. `about`: anybody else's proves nothing; null: whoever it is. */
  passkey(
    about: SubjectRef | null,
    challenge: string,
    response: unknown,
  ): Promise<{ readonly subject: SubjectRef; readonly proof: Proof } | null>;
}

export function provers(parts: FactorParts): Provers {
  const { state, directory, clock, authenticators } = parts;
  const { passwords, passkeys, codes, party } = authenticators;
  const factorsOf: Provers["factorsOf"] = (subject) =>
    liveFactors(state, subject, clock.now().latest).flatMap(
      (factor): readonly (readonly [Factor, Opened])[] => {
        const one = openFactor(parts, factor);
        return one === null || one.kind === "invitation" ? [] : [[factor, one]];
      },
    );
  /** By the earliest that it can be, so that it is never newer than it is. */
  const proofOf = (
    { id }: Factor,
    method: Method,
    use: Partial<Omit<Proof["use"], "factor">> & { readonly counter: number },
    more: Partial<ProvenMethod> = {},
  ): Proof => ({
    method: {
      method,
      at: clock.now().earliest,
      userVerified: false,
      deviceBound: false,
      factor: id,
      ...more,
    },
    use: { factor: id, spends: null, backedUp: null, ...use },
  });

  return {
    factorsOf,
    passkeysOf: (subject) =>
      factorsOf(subject).flatMap(([, one]) => (one.kind === "passkey" ? [one.passkey] : [])),
    async password(subject, password) {
      const found =
        subject === null ? undefined : factorsOf(subject).find(([, one]) => one.kind === "password");
      const stored = found?.[1];
      const fits = await passwords.matches(stored?.kind === "password" ? stored.hash : null, password);
      if (fits === null) return "busy";
      return fits && found !== undefined ? proofOf(found[0], "password", { counter: 0 }) : null;
    },
    code(subject, kind, code) {
      for (const [factor, one] of factorsOf(subject)) {
        if (one.kind === "totp" && kind === "totp") {
          const step = codes.stepOf(one.secret, code, clock.now().latest);
          if (step !== null && step > factor.counter) return proofOf(factor, kind, { counter: step });
        }
        if (one.kind === "recovery-code" && kind === "recovery-code") {
          const position = codes.positionOf(one.codes, code);
          if (position !== null && !factor.spent.includes(position))
            return proofOf(factor, kind, { counter: factor.counter + 1, spends: position });
        }
      }
      return null;
    },
    async passkey(about, challenge, response) {
      const credential = passkeys.credentialOf(response);
      const factor =
        credential === null
          ? undefined
          : state.factorByBlind(directory.blind({ type: "passkey", id: credential }));
      if (factor === undefined || (about !== null && about !== factor.subject)) return null;
      const one = factorsOf(factor.subject).find(([{ id }]) => id === factor.id)?.[1];
      if (one?.kind !== "passkey") return null;
      const stored = { ...one.passkey, counter: factor.counter };
      const used = await passkeys.used(party(), challenge, stored, response);
      if (used === null) return null;
      const { userVerified, deviceBound, counter, backedUp } = used;
      const proof = proofOf(factor, "passkey", { counter, backedUp }, { userVerified, deviceBound });
      return { subject: factor.subject, proof };
    },
  };
}
