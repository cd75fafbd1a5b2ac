import { type AccessRequests, accessRequests } from "./access-request.ts";
import { type Accounts, accounts } from "./account.ts";
import { type Decisions, decisions } from "./decision.ts";
import { type Devices, devices } from "./device.ts";
import { type Entities, entities } from "./entity.ts";
import { type Evaluate, type EvaluateAll, evaluate, evaluateAll } from "./evaluation.ts";
import { type Keys, keys } from "./key.ts";
import { type Ledger, ledger } from "./ledger.ts";
import { type Locks, locks } from "./lock.ts";
import { type Nodes, nodes } from "./nodes.ts";
import { type Notices, notices } from "./notice.ts";
import { type Offers, offers } from "./offer.ts";
import { type OptOuts, optOuts } from "./opt-out.ts";
import { type Policy, policy } from "./policy.ts";
import { type Reviews, reviews } from "./review.ts";
import { type Risk, risk } from "./risk.ts";
import { type Roles, roles } from "./role.ts";
import { type Search, search } from "./search.ts";
import { type Sessions, sessions } from "./session.ts";
import { type Signals, signals } from "./signal.ts";
import { type ReadStatus, status } from "./status.ts";
import { type Tokens, tokens } from "./token.ts";
import { type ClientOptions, createTransport } from "./transport.ts";
import { type UnreviewedActs, unreviewed } from "./unreviewed.ts";
import { type Logout, logout, type ReadWhoami, whoami } from "./whoami.ts";

/**
 * The control plane's API. Every method throws `PosternProblem` where Postern refuses and `PosternUnavailable` where
 * nothing is known. Safe and keyed calls are tried again, a bounded number of times and within the time-out.
 */
export interface Client {
  readonly evaluation: Evaluate;
  readonly evaluations: EvaluateAll;
  readonly search: Search;
  readonly accessRequests: AccessRequests;
  readonly offers: Offers;
  readonly optOuts: OptOuts;
  readonly notices: Notices;
  readonly signals: Signals;
  readonly reviews: Reviews;
  readonly locks: Locks;
  readonly entities: Entities;
  readonly sessions: Sessions;
  readonly decisions: Decisions;
  readonly policy: Policy;
  readonly risk: Risk;
  readonly tokens: Tokens;
  readonly roles: Roles;
  readonly accounts: Accounts;
  readonly devices: Devices;
  readonly unreviewed: UnreviewedActs;
  readonly ledger: Ledger;
  readonly keys: Keys;
  readonly nodes: Nodes;
  /** Takes an administrator's token. */
  readonly status: ReadStatus;
  readonly whoami: ReadWhoami;
  readonly logout: Logout;
}

/** Throws `TypeError` for options that cannot work. Connects to nothing yet. */
export function createClient(options: ClientOptions): Client {
  const transport = createTransport(options);
  return {
    evaluation: evaluate(transport),
    evaluations: evaluateAll(transport),
    search: search(transport),
    accessRequests: accessRequests(transport),
    offers: offers(transport),
    optOuts: optOuts(transport),
    notices: notices(transport),
    signals: signals(transport),
    reviews: reviews(transport),
    locks: locks(transport),
    entities: entities(transport),
    sessions: sessions(transport),
    decisions: decisions(transport),
    policy: policy(transport),
    risk: risk(transport),
    tokens: tokens(transport),
    roles: roles(transport),
    accounts: accounts(transport),
    devices: devices(transport),
    unreviewed: unreviewed(transport),
    ledger: ledger(transport),
    keys: keys(transport),
    nodes: nodes(transport),
    status: status(transport),
    whoami: whoami(transport),
    logout: logout(transport),
  };
}
