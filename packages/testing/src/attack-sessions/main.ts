// `npm run attack:sessions`; `-- --sessions N` says how many sessions the subject with too many of them has.
import { parseArgs } from "node:util";
import { campaign } from "../attack/campaign.ts";
import { ATTACKS } from "./attacks.ts";

const { values } = parseArgs({ options: { sessions: { type: "string" } } });
const { sessions } = values;
if (sessions !== undefined) {
  if (!/^[1-9]\d{0,6}$/.test(sessions)) {
    console.error(`expected a whole number above 0, got \`${sessions}\``);
    process.exit(2);
  }
  // Read by the tests, which run in processes of their own.
  process.env.ATTACK_SESSIONS = sessions;
}
process.exit(await campaign("sessions", ATTACKS));
