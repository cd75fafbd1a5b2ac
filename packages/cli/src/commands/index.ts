import type { Topic } from "../command.ts";
import { invite } from "./account/invite.ts";
import { links } from "./account/links.ts";
import { unlink } from "./account/unlink.ts";
import { bootstrap } from "./bootstrap.ts";
import { can } from "./can.ts";
import { print } from "./config/print.ts";
import { exportDecisions } from "./decision/export.ts";
import { ls as listDecisions } from "./decision/ls.ts";
import { mark as markDecision } from "./decision/mark.ts";
import { tail as tailDecisions } from "./decision/tail.ts";
import { ls as listDevices } from "./device/ls.ts";
import { mark } from "./device/mark.ts";
import { revoke as revokeDevice } from "./device/revoke.ts";
import { doctor } from "./doctor/doctor.ts";
import { put } from "./entity/put.ts";
import { rm } from "./entity/rm.ts";
import { show as showEntity } from "./entity/show.ts";
import { rotate } from "./keys/rotate.ts";
import { status } from "./keys/status.ts";
import { checkpoint } from "./ledger/checkpoint.ts";
import { exportLedger } from "./ledger/export.ts";
import { follow } from "./ledger/follow.ts";
import { key } from "./ledger/key.ts";
import { receipt } from "./ledger/receipt.ts";
import { tail as tailLedger } from "./ledger/tail.ts";
import { verify } from "./ledger/verify.ts";
import { lift } from "./lock/lift.ts";
import { ls as listLocks } from "./lock/ls.ts";
import { place } from "./lock/place.ts";
import { login } from "./login/login.ts";
import { logout } from "./login/logout.ts";
import { whoami } from "./login/whoami.ts";
import { acceptLoss } from "./node/accept-loss.ts";
import { acceptTime } from "./node/accept-time.ts";
import { nodes } from "./node/nodes.ts";
import { ls as listChannels } from "./notice/ls.ts";
import { ls as listOffers } from "./offer/ls.ts";
import { approve } from "./opt-out/approve.ts";
import { deny } from "./opt-out/deny.ts";
import { ls as listOptOuts } from "./opt-out/ls.ts";
import { narrow } from "./opt-out/narrow.ts";
import { renew } from "./opt-out/renew.ts";
import { request } from "./opt-out/request.ts";
import { resume } from "./opt-out/resume.ts";
import { revoke as revokeOptOut } from "./opt-out/revoke.ts";
import { show as showOptOut } from "./opt-out/show.ts";
import { suspend } from "./opt-out/suspend.ts";
import { withdraw } from "./opt-out/withdraw.ts";
import { activate } from "./policy/activate.ts";
import { check } from "./policy/check.ts";
import { coverage } from "./policy/coverage.ts";
import { ls as listRevisions } from "./policy/ls.ts";
import { observe } from "./policy/observe.ts";
import { publish } from "./policy/publish.ts";
import { rollback } from "./policy/rollback.ts";
import { schema } from "./policy/schema.ts";
import { simulate } from "./policy/simulate.ts";
import { status as policyStatus } from "./policy/status.ts";
import { test } from "./policy/test.ts";
import { backup } from "./restore/backup.ts";
import { fence } from "./restore/fence.ts";
import { restore } from "./restore/restore.ts";
import { answer } from "./review/answer.ts";
import { due } from "./review/due.ts";
import { ls as listReviews } from "./review/ls.ts";
import { report } from "./risk/report.ts";
import { grant } from "./role/grant.ts";
import { ls as listRoles } from "./role/ls.ts";
import { revoke as revokeRole } from "./role/revoke.ts";
import { gateway } from "./serve/gateway.ts";
import { serve } from "./serve/serve.ts";
import { end } from "./session/end.ts";
import { ls as listSessions } from "./session/ls.ts";
import { register } from "./session/register.ts";
import { show as showSession } from "./session/show.ts";
import { clear } from "./signal/clear.ts";
import { ls as listSignals } from "./signal/ls.ts";
import { mark as markSignal } from "./signal/mark.ts";
import { send } from "./signal/send.ts";
import { streams } from "./signal/streams.ts";
import { transmitters } from "./signal/transmitters.ts";
import { issue } from "./token/issue.ts";
import { ls as listTokens } from "./token/ls.ts";
import { revoke as revokeToken } from "./token/revoke.ts";
import { code } from "./tour/code.ts";
import { device as tourDevice } from "./tour/device.ts";
import { run as runTour } from "./tour/run.ts";
import { start as startTour } from "./tour/start.ts";
import { confirm } from "./unreviewed/confirm.ts";
import { deny as denyAct } from "./unreviewed/deny.ts";
import { ls as listUnreviewed } from "./unreviewed/ls.ts";
import { why } from "./why.ts";
import { witness } from "./witness.ts";

/** Every command, in the order in which help shows them. */
export const TOPICS: readonly Topic[] = [
  { name: "serve", summary: "run Postern", commands: [serve] },
  {
    name: "gateway",
    summary: "run Postern with its reverse proxy in front of one application",
    commands: [gateway],
  },
  { name: "doctor", summary: "look for what is wrong, and say what to do about it", commands: [doctor] },
  {
    name: "opt-out",
    summary: "ask for opt-outs, decide about them and end them",
    commands: [
      request,
      listOptOuts,
      showOptOut,
      approve,
      deny,
      withdraw,
      renew,
      narrow,
      suspend,
      resume,
      revokeOptOut,
    ],
  },
  { name: "offer", summary: "what may be asked for", commands: [listOffers] },
  { name: "lock", summary: "hold opt-outs shut", commands: [place, lift, listLocks] },
  { name: "review", summary: "say whether opt-outs are still needed", commands: [due, answer, listReviews] },
  { name: "notice", summary: "whether people are told what happens", commands: [listChannels] },
  { name: "why", summary: "say why a request was decided as it was", commands: [why] },
  { name: "can", summary: "ask what would be decided", commands: [can] },
  {
    name: "decision",
    summary: "decisions, past and as they happen",
    commands: [listDecisions, tailDecisions, markDecision, exportDecisions],
  },
  { name: "risk", summary: "where risk asks for more, and whether that was needed", commands: [report] },
  {
    name: "policy",
    summary: "check and test policy, and put it in force",
    commands: [
      check,
      test,
      schema,
      publish,
      simulate,
      observe,
      activate,
      rollback,
      policyStatus,
      coverage,
      listRevisions,
    ],
  },
  {
    name: "ledger",
    summary: "read, export and verify the record",
    commands: [tailLedger, follow, exportLedger, verify, checkpoint, receipt, key],
  },
  { name: "witness", summary: "follow a ledger, cosign its heads and refuse a fork", commands: [witness] },
  {
    name: "entity",
    summary: "what Postern holds of people, devices and resources",
    commands: [put, showEntity, rm],
  },
  {
    name: "session",
    summary: "who is signed in where: list, look at and end sessions",
    commands: [register, listSessions, showSession, end],
  },
  {
    name: "signal",
    summary: "security signals and what stands because of them",
    commands: [send, listSignals, markSignal, clear, transmitters, streams],
  },
  { name: "login", summary: "sign in as an operator", commands: [login] },
  { name: "logout", summary: "sign out everywhere", commands: [logout] },
  { name: "whoami", summary: "who you are to Postern now", commands: [whoami] },
  { name: "role", summary: "who may help to run this deployment", commands: [grant, revokeRole, listRoles] },
  { name: "token", summary: "tokens of the API", commands: [issue, listTokens, revokeToken] },
  {
    name: "account",
    summary: "accounts that people sign in to with Postern",
    commands: [invite, links, unlink],
  },
  { name: "device", summary: "devices that people trust", commands: [listDevices, revokeDevice, mark] },
  {
    name: "unreviewed",
    summary: "what takes two persons, and what one did alone",
    commands: [listUnreviewed, confirm, denyAct],
  },
  { name: "bootstrap", summary: "make the first administrator", commands: [bootstrap] },
  { name: "keys", summary: "the deployment's keys", commands: [status, rotate] },
  {
    name: "tour",
    summary: "look around with a small shop and made-up people",
    commands: [startTour, runTour, code, tourDevice],
  },
  { name: "backup", summary: "copy data and keyring of a Postern that runs", commands: [backup] },
  { name: "restore", summary: "put a backup back, safe before the first answer", commands: [restore] },
  { name: "fence", summary: "end a log that goes on elsewhere", commands: [fence] },
  { name: "nodes", summary: "the nodes over one database", commands: [nodes] },
  { name: "node", summary: "one node and its database", commands: [acceptLoss, acceptTime] },
  { name: "config", summary: "the configuration", commands: [print] },
];
