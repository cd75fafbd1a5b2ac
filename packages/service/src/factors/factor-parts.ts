import type { Assurance, Policy } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { EntityParts } from "../entities/entities.ts";
import type { DeviceProofs } from "../ports/device-proof.ts";
import type { OneTimeCodes } from "../ports/one-time-code.ts";
import type { Passkeys, RelyingParty } from "../ports/passkey.ts";
import type { PasswordHash } from "../ports/password-hash.ts";
import type { World } from "../ports/world.ts";
import type { RiskState } from "../risk/risk.ts";
import type { Sightings } from "../sessions/sighting.ts";

/** How factors are proved. Made by the composition root. */
export interface Authenticators {
  readonly passwords: PasswordHash;
  readonly passkeys: Passkeys;
  readonly codes: OneTimeCodes;
  readonly devices: DeviceProofs;
  /** Known once the people's pages listen. */
  readonly party: () => RelyingParty;
  /** The most that configuration lets another identity provider vouch for; absent: there is none. */
  readonly upstreamReach?: (issuer: string) => Assurance;
}

export interface FactorParts extends EntityParts {
  readonly world: World;
  readonly clock: ControlClock;
  readonly policy: () => Policy;
  readonly authenticators: Authenticators;
  /** Told of sign-ins and of those that failed. */
  readonly risk: Pick<RiskState, "signedIn" | "failed">;
  readonly sightings: Pick<Sightings, "note">;
}
