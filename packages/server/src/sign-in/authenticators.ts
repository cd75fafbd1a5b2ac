import { deviceProofs, oneTimeCodes, passkeys, passwordHash, type Upstream } from "@postern/identity";
import type { Authenticators, World } from "@postern/service";

const NAME = "Postern";

/** How people prove who they are. Passkeys belong to the host of the people's pages and to that origin alone. */
export function authenticators(
  world: World,
  people: () => string,
  upstreams: readonly Upstream[] = [],
): Authenticators {
  return {
    upstreamReach: (issuer) => upstreams.find((one) => one.issuer === issuer)?.reach ?? "none",
    passwords: passwordHash(),
    passkeys: passkeys(),
    codes: oneTimeCodes(NAME, world),
    devices: deviceProofs(),
    party() {
      const { hostname, origin } = new URL(people());
      return { id: hostname, name: NAME, origins: [origin] };
    },
  };
}
