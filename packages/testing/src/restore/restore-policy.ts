import { CAMPAIGN_OFFER, CAMPAIGN_POLICY } from "../crash/campaign-policy.ts";

/** The same way out, but for a few times only. */
export const LIMITED_OFFER = "reports-a-few-times";
export const MOST_USES = 3;

const limited = CAMPAIGN_POLICY.slice(CAMPAIGN_POLICY.lastIndexOf("kind: Offer"))
  .replace(`name: ${CAMPAIGN_OFFER}`, `name: ${LIMITED_OFFER}`)
  .replace("review: {", `uses: ${MOST_USES}\nreview: {`);

export const RESTORE_POLICY: string = `${CAMPAIGN_POLICY}---\n${limited}`;

/** Allows less: what was granted for longer is still honoured, but nothing new is asked for as long. */
export const STRICTER_POLICY: string = RESTORE_POLICY.replaceAll("max: P30D", "max: P14D");
