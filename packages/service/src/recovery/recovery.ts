import { type EntityName, formatInstant, type Result, refuse, type SubjectRef } from "@postern/core";
import { liveFactors } from "../factors/authority.ts";
import { openFactor } from "../factors/box.ts";
import { labelOf } from "../factors/enrolment.ts";
import type { FactorParts } from "../factors/factor-parts.ts";
import type { AddressCodes } from "../ports/address-code.ts";
import { type Problem, problem } from "../problem.ts";
import type { Recovered, RecoveryService, RecoveryView } from "../service.ts";
import type { Proof } from "../sign-in/attempts.ts";
import { knownDevice } from "../sign-in/known-device.ts";
import { provers } from "../sign-in/prove.ts";
import type { FactorView } from "../views.ts";
import { type Finishing, finishing, stillStands } from "./finish.ts";
import { type OpenRecovery, openRecoveries } from "./open.ts";
import { recoverable, recoveryNeeds, type SecondProof } from "./requirement.ts";
import { recoverySends } from "./sends.ts";

/** A mail server that is down is tried again while the code is good. */
const AGAIN_MS: readonly number[] = [2_000, 10_000, 30_000, 60_000, 120_000, 180_000];
const SECONDS: readonly SecondProof[] = ["recovery-code", "password", "totp", "passkey"];

type Outcome<Value> = Promise<Result<Value, Problem>>;
/** A recovery whose mailed code was read. */
type Read = OpenRecovery & { readonly target: NonNullable<OpenRecovery["target"]> };

export function recoveryService(
  parts: FactorParts & { readonly codesByMail: AddressCodes; readonly attribute: string },
): RecoveryService {
  const { state, writer, directory, clock, world, pool, authenticators, codesByMail, attribute } = parts;
  const { passwords, passkeys, codes, party } = authenticators;
  const open = openRecoveries(world, pool);
  const sends = recoverySends(world);
  const prove = provers(parts);

  const ended = () =>
    refuse(problem("recovery.ended", "this recovery was open for too long, or is over; begin again"));
  const wrong = () => refuse(problem("recovery.wrong", "that does not fit; check it and try again"));
  const nameOf = (subject: SubjectRef): string => directory.name(subject)?.id ?? subject;

  const nameGiven = (name: string): EntityName => ({ type: "user", id: name.normalize("NFC").trim() });
  const knownHere = (name: string, known: string | null): string | null =>
    knownDevice(directory, known, directory.find(nameGiven(name))?.ref ?? "");

  /** Whom the code goes to. Whatever is found here shows in nothing but the mailbox. */
  function prepare(browser: string, one: OpenRecovery, name: string, code: string): void {
    const given = nameGiven(name);
    const entity = recoverable(state, directory.find(given)?.ref);
    const subject = entity === null ? null : (entity.ref as SubjectRef);
    const account = entity?.blind ?? directory.blind(given);
    const device = subject === null ? null : knownDevice(directory, one.known, subject);
    if (!sends.maySend(account, one.network, device) || subject === null) return;
    const address = directory.open(subject)?.attributes[attribute];
    if (typeof address !== "string" || !codesByMail.isAddress(address)) return;
    const live = liveFactors(state, subject, clock.now().latest);
    one.target = { subject, address, factors: new Set(live.map(({ id }) => id)) };
    send(browser, one, code, 0);
  }

  function send(browser: string, one: OpenRecovery, code: string, tries: number): void {
    if (one.target === null || one.read || !open.isOpen(browser, one)) return;
    const again = (): void => {
      const pause = AGAIN_MS[tries];
      if (pause !== undefined) world.after(pause, () => send(browser, one, code, tries + 1));
    };
    codesByMail.recover(one.target.address, code, one.reference).then((sent) => {
      if (!sent) again();
    }, again);
  }

  const read = (browser: string): Read | null => {
    const one = open.find(browser);
    if (one === null || !one.read || one.target === null) return null;
    if (stillStands(parts, state, one.target, clock.now().latest)) return one as Read;
    open.end(browser);
    return null;
  };
  const waysOf = ({ target }: Read): readonly SecondProof[] => {
    const has = new Set<string>(
      liveFactors(state, target.subject, clock.now().latest)
        .filter((factor) => openFactor(parts, factor) !== null)
        .map(({ kind }) => kind),
    );
    return SECONDS.filter((method) => has.has(method));
  };
  const mayEnrol = ({ target, second }: Read): boolean => {
    const needs = recoveryNeeds(state, target.subject);
    return needs === "mail" || (needs === "two" && second !== null);
  };
  const viewOf = (one: OpenRecovery): RecoveryView => {
    if (!one.read || one.target === null) return { step: "mail", reference: one.reference };
    const { subject } = one.target;
    const name = nameOf(subject);
    const known = one as Read;
    if (mayEnrol(known))
      return {
        step: "enrol",
        name,
        factors: factorsOf(subject).filter(({ id }) => id !== known.second?.use.factor),
      };
    const ways = recoveryNeeds(state, subject) === "more" ? [] : waysOf(known);
    return ways.length === 0 ? { step: "none", name } : { step: "second", name, ways };
  };
  const factorsOf = (subject: SubjectRef): readonly FactorView[] =>
    liveFactors(state, subject, clock.now().latest).flatMap((factor): readonly FactorView[] => {
      const opened = openFactor(parts, factor);
      if (factor.kind === "invitation") return [];
      return [
        {
          id: factor.id,
          kind: factor.kind,
          label: opened?.label ?? "",
          enrolledAt: formatInstant(factor.enrolledAt),
          usedAt: factor.usedAt === null ? null : formatInstant(factor.usedAt),
          evidence: factor.evidence,
          left: opened?.kind === "recovery-code" ? opened.codes.hashes.length - factor.spent.length : null,
          issuer: opened?.kind === "upstream" ? opened.issuer : null,
        },
      ];
    });

  /** A second thing is asked for once, and tried a few times. */
  async function second(
    browser: string,
    method: SecondProof,
    look: (subject: SubjectRef, one: Read) => Promise<Proof | "busy" | null>,
  ): Outcome<RecoveryView> {
    const one = read(browser);
    if (one === null) return ended();
    const view = viewOf(one);
    if (view.step !== "second" || !view.ways.includes(method)) return wrong();
    if (!sends.mayProve(one.target.subject))
      return refuse(problem("recovery.throttled", "too many tries for this account today"));
    // Counted before it is looked at, so that many at once are not each the first.
    open.failed(browser, one);
    const proof = await look(one.target.subject, one);
    if (proof === "busy") return refuse(problem("busy", "too many at once; try again in a moment"));
    if (proof === null) {
      void parts.risk.failed(one.target.subject);
      return wrong();
    }
    one.second = proof;
    open.keep(browser, one);
    return { ok: true, value: viewOf(one) };
  }

  const enrolling = (browser: string): Read | null => {
    const one = read(browser);
    return one !== null && mayEnrol(one) ? one : null;
  };

  async function enrolled(one: Read, enrol: Recovered): Outcome<Pick<Finishing, "opened" | "more">> {
    switch (enrol.kind) {
      case "password": {
        const weak = passwords.weakness(enrol.password, [nameOf(one.target.subject), party().name]);
        if (weak !== null) return refuse(problem("factor.password", weak));
        const hash = await passwords.hash(enrol.password);
        if (hash === null) return refuse(problem("busy", "too many at once; try again in a moment"));
        return { ok: true, value: { opened: { label: "", kind: "password", hash }, more: {} } };
      }
      case "totp": {
        const { totp } = one;
        const step = totp === null ? null : codes.stepOf(totp.secret, enrol.code, clock.now().latest);
        if (totp === null || step === null)
          return refuse(problem("factor.not_proved", "the code does not fit"));
        const opened = { label: labelOf(enrol.label), kind: "totp", secret: totp.secret } as const;
        return { ok: true, value: { opened, more: { counter: step } } };
      }
      case "passkey": {
        const { challenge } = one;
        one.challenge = null;
        const made = challenge === null ? null : await passkeys.enrolled(party(), challenge, enrol.response);
        if (made === null) return refuse(problem("factor.not_proved", "the passkey could not be checked"));
        const { counter, evidence, credential, publicKey, transports } = made;
        const passkey = { credential, publicKey, transports };
        const blind = directory.blind({ type: "passkey", id: credential });
        const opened = { label: labelOf(enrol.label), kind: "passkey", passkey } as const;
        return { ok: true, value: { opened, more: { counter, evidence, blind } } };
      }
      default:
        return enrol satisfies never;
    }
  }

  const newChallenge = (one: Read): string => {
    one.challenge = Buffer.from(pool.take(32)).toString("base64url");
    return one.challenge;
  };

  return {
    ask({ browser, name, network, known }) {
      // Others in the network keep nobody from it who signed in here before.
      if (!sends.mayAsk(network) && knownHere(name, known) === null)
        return refuse(problem("recovery.throttled", "too many were asked for from here; wait an hour"));
      const { recovery, code } = open.begin(browser, { network, known });
      // After the answer: how long it takes shows to nobody.
      setImmediate(() => prepare(browser, recovery, name, code));
      return { ok: true, value: null };
    },
    find(browser) {
      const one = open.find(browser);
      if (one === null) return null;
      if (!one.read) return viewOf(one);
      const known = read(browser);
      return known === null ? null : viewOf(known);
    },
    async mailCode(browser, code) {
      const one = open.find(browser);
      if (one === null) return ended();
      // Sent twice by an impatient press: it was read already.
      if (one.read) return { ok: true, value: viewOf(one) };
      if (!open.fits(browser, one, code)) {
        open.failed(browser, one);
        return wrong();
      }
      const { target } = one;
      if (target === null || !stillStands(parts, state, target, clock.now().latest)) {
        open.end(browser);
        return wrong();
      }
      const { subject } = target;
      const begun = await writer.submit({
        by: null,
        touches: [`entity:${state.entity(subject)?.blind ?? subject}`],
        run: (now, at) =>
          stillStands(parts, now, target, at)
            ? {
                ok: true,
                value: {
                  events: [
                    {
                      by: { person: subject, via: "system" },
                      event: { type: "recovery.begun", subject },
                      sealed: { from: { key: subject, value: one.network } },
                    },
                  ],
                  done: () => null,
                },
              }
            : wrong(),
      });
      if (begun.ok) return { ok: true, value: viewOf(one) };
      // No record, no way on.
      open.end(browser);
      return begun;
    },
    password: (browser, password) =>
      second(browser, "password", (subject) => prove.password(subject, password)),
    code: (browser, kind, code) => second(browser, kind, async (subject) => prove.code(subject, kind, code)),
    async passkeyRequest(browser) {
      const one = read(browser);
      if (one === null) return ended();
      const known = prove.passkeysOf(one.target.subject);
      return {
        ok: true,
        value: await passkeys.request(party(), { challenge: newChallenge(one), known, verify: false }),
      };
    },
    passkey: (browser, response) =>
      second(browser, "passkey", async (subject, one) => {
        const { challenge } = one;
        one.challenge = null;
        return challenge === null
          ? null
          : ((await prove.passkey(subject, challenge, response))?.proof ?? null);
      }),
    lose(browser, lost) {
      const one = enrolling(browser);
      if (one === null) return ended();
      const shown = one.second?.use.factor;
      one.lost = factorsOf(one.target.subject)
        .map(({ id }) => id)
        .filter((id) => lost.includes(id) && id !== shown);
      return { ok: true, value: null };
    },
    beginTotp(browser) {
      const one = enrolling(browser);
      if (one === null) return ended();
      one.totp ??= codes.make(nameOf(one.target.subject));
      return { ok: true, value: one.totp };
    },
    async beginPasskey(browser) {
      const one = enrolling(browser);
      if (one === null) return ended();
      const { subject } = one.target;
      const user = { handle: subject, name: nameOf(subject) };
      const known = prove.passkeysOf(subject);
      return {
        ok: true,
        value: await passkeys.creation(party(), { user, challenge: newChallenge(one), known }),
      };
    },
    async finish(browser, enrol) {
      const one = enrolling(browser);
      if (one === null) return ended();
      const made = await enrolled(one, enrol);
      if (!made.ok) return made;
      const { target, network, second: shown, lost } = one;
      const done = await writer.submit(
        finishing(parts, { ...made.value, target, second: shown, network, lost }),
      );
      if (done.ok) open.endOf(target.subject);
      else if (done.refusal.code === "recovery.ended") open.end(browser);
      return done;
    },
    end: (browser) => open.end(browser),
  };
}
