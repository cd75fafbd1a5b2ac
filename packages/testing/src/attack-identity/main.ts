import { campaign } from "../attack/campaign.ts";
import { ATTACKS } from "./attacks.ts";

process.exit(await campaign("identity", ATTACKS));
