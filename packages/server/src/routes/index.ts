import type { RawHandler } from "../access/accept.ts";
import type { App } from "../http/app.ts";
import type { Wiring } from "../wiring.ts";
import { accessMetadata, rawRoutes } from "./access.ts";
import { accessRequests } from "./access-requests.ts";
import { accounts } from "./accounts.ts";
import { coverage } from "./coverage.ts";
import { decisionExport } from "./decision-export.ts";
import type { DecisionStream } from "./decision-stream.ts";
import { decisions } from "./decisions.ts";
import { devices } from "./devices.ts";
import { entities } from "./entities.ts";
import { health, type Readiness } from "./health.ts";
import { keys } from "./keys.ts";
import { ledger } from "./ledger.ts";
import { locks } from "./locks.ts";
import { nodes } from "./nodes.ts";
import { notices } from "./notices.ts";
import { observation } from "./observation.ts";
import { offers } from "./offers.ts";
import { operations, type StartNotes } from "./operations.ts";
import { optOutActs } from "./opt-out-acts.ts";
import { optOuts } from "./opt-outs.ts";
import { policy } from "./policy.ts";
import { reviews } from "./reviews.ts";
import { roles } from "./roles.ts";
import { sessions } from "./sessions.ts";
import { signalStreams } from "./signal-streams.ts";
import { signals } from "./signals.ts";
import { simulations } from "./simulations.ts";
import { ssf } from "./ssf.ts";
import { ssfReceive } from "./ssf-receive.ts";
import { tokens } from "./tokens.ts";
import { unreviewed } from "./unreviewed.ts";
import { whoami } from "./whoami.ts";

export interface RouteParts {
  readonly raw: ReadonlyMap<string, RawHandler>;
  readonly stream: DecisionStream;
  readonly readiness: Readiness;
  readonly notes: StartNotes;
}

/** Every route of the control plane, one file per capability. */
export function routes(app: App, wiring: Wiring, { raw, stream, readiness, notes }: RouteParts): void {
  rawRoutes(app, raw);
  accessMetadata(app, wiring);
  accessRequests(app, wiring);
  decisionExport(app, wiring);
  decisions(app, wiring, stream);
  entities(app, wiring);
  offers(app, wiring);
  optOuts(app, wiring);
  optOutActs(app, wiring);
  reviews(app, wiring);
  notices(app, wiring);
  locks(app, wiring);
  sessions(app, wiring);
  signals(app, wiring);
  ssfReceive(app, wiring.receiver);
  ssf(app, wiring, wiring.transmitter);
  policy(app, wiring);
  simulations(app, wiring);
  observation(app, wiring);
  coverage(app, wiring);
  signalStreams(app, wiring);
  ledger(app, wiring);
  keys(app, wiring);
  nodes(app, wiring);
  tokens(app, wiring);
  roles(app, wiring);
  whoami(app, wiring);
  accounts(app, wiring);
  devices(app, wiring);
  unreviewed(app, wiring);
  health(app, wiring, readiness);
  operations(app, wiring, notes);
}
