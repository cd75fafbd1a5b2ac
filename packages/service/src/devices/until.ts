import { type Device, type Duration, earlier, type Instant, type Policy, plus } from "@postern/core";

/** The least that a profile in force says of trust after the first registration; null: none says anything. */
export function longestTrust({ sessionProfiles }: Policy): Duration | null {
  let least: Duration | null = null;
  for (const { deviceTrust } of sessionProfiles.values())
    if (deviceTrust !== null && (least === null || deviceTrust < least)) least = deviceTrust;
  return least;
}

/** When the trust in a device ends, or ended: policy may have become stricter since it was registered. */
export function untilOf(device: Device, policy: Policy): Instant {
  const { registeredAt, expiresAt, revokedAt } = device;
  const longest = longestTrust(policy);
  const end = longest === null ? expiresAt : earlier(expiresAt, plus(registeredAt, longest));
  return revokedAt === null ? end : earlier(revokedAt, end);
}
