import {
  accept,
  type ControlId,
  checkAsk,
  type DeviceRef,
  formatInstant,
  type Holder,
  type Instant,
  makeId,
  type OptOutId,
  parseDuration,
  parseInstant,
  plus,
  type Result,
  type Review,
  refuse,
  type SubjectRef,
} from "@postern/core";
import { needScope } from "../access.ts";
import { actorOf, type Caller, mayUse, personOf } from "../caller.ts";
import { stateAsOf } from "../ledger/replay.ts";
import { pageOf } from "../page.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft } from "../record/command.ts";
import type { OptOutRequest, OptOutService, Outcomes } from "../service.ts";
import type { OptOutView, ReviewView } from "../views.ts";
import {
  approve,
  consent,
  deny,
  narrow,
  renew,
  resume,
  reviewed,
  revoke,
  suspend,
  withdraw,
} from "./acts.ts";
import { chosen, chosenBefore } from "./choice.ts";
import { disclosureView } from "./disclosure-view.ts";
import { dueReviews } from "./due-reviews.ts";
import { disclosureFor } from "./grant.ts";
import { maySee, type OptOutParts, personBindings, seen, statesOf } from "./parts.ts";
import { refusalLimit } from "./refusal-limit.ts";
import { type Asked, draftRequest, readAsk } from "./request.ts";
import { holderTouches } from "./touches.ts";
import { offerView, optOutView, stateNow } from "./view.ts";

export function optOutService(parts: OptOutParts): OptOutService {
  const { state, writer } = parts;
  const limit = refusalLimit();

  /** An attempt on an opt-out that was refused is recorded too, by a caller whom we know. */
  async function recordRefusal(
    caller: Caller,
    control: ControlId | null,
    offer: string | null,
    refused: Problem,
  ): Promise<void> {
    if (refused.code === "busy" || refused.code.startsWith("store.") || refused.code === "node.doubt") return;
    if (!limit.take(actorOf(caller).via, parts.clock.now().latest)) return;
    await writer.submit({
      by: actorOf(caller),
      touches: [],
      run: () => ({
        ok: true,
        value: {
          events: [
            { by: actorOf(caller), event: { type: "opt-out.refused", control, offer, code: refused.code } },
          ],
          done: () => null,
        },
      }),
    });
  }

  async function act(
    caller: Caller,
    id: string,
    run: (state: State, at: Instant) => Result<Draft<null>, Problem>,
  ): Outcomes<OptOutView> {
    const written = await writer.submit({
      by: actorOf(caller),
      touches: [`opt-out:${id}`],
      alsoTouches(now) {
        const held = now.optOuts.get(id)?.holder;
        return held === undefined ? [] : holderTouches(held);
      },
      run,
    });
    const optOut = state.optOuts.get(id);
    if (!written.ok) {
      const known = optOut !== undefined && maySee(caller, optOut);
      if (written.refusal.code !== "not_found")
        await recordRefusal(
          caller,
          known ? optOut.control : null,
          known ? optOut.offer : null,
          written.refusal,
        );
      return written;
    }
    if (optOut === undefined) return refuse(problem("not_found", `there is no opt-out \`${id}\``));
    return { ok: true, value: await optOutView(optOut, parts, state) };
  }

  async function ask(
    caller: Caller,
    given: OptOutRequest,
    run: (asked: Asked, now: State, at: Instant, next: number) => Result<Draft<OptOutId>, Problem>,
    alsoTouches: (asked: Asked, now: State) => readonly string[] = () => [],
  ): Outcomes<OptOutView> {
    const asked = readAsk(caller, given, parts);
    const known = parts.active().policy.offers.get(given.offer);
    if (!asked.ok) {
      await recordRefusal(caller, known?.control ?? null, known?.name ?? null, asked.refusal);
      return asked;
    }
    const written = await writer.submit<OptOutId>({
      by: actorOf(caller),
      // One after the other by whoever asks too, so that no quota is passed by asking at once.
      touches: [...holderTouches(asked.value.ask.holder), `requester:${asked.value.requestedBy}`],
      alsoTouches: (now) => alsoTouches(asked.value, now),
      run: (now, at, next) => run(asked.value, now, at, next),
    });
    if (!written.ok) {
      await recordRefusal(caller, known?.control ?? null, known?.name ?? null, written.refusal);
      return written;
    }
    const optOut = state.optOuts.get(written.value);
    if (optOut === undefined) return refuse(problem("internal", "the request could not be read back"));
    return { ok: true, value: await optOutView(optOut, parts, state) };
  }

  /** Reads an `asOf` and gives the state to look at: the present one, or the ledger up to then. */
  async function stateAt(
    asOf: string | undefined,
  ): Promise<Result<{ readonly state: State; readonly at: Instant | null }, Problem>> {
    if (asOf === undefined) return { ok: true, value: { state, at: null } };
    const at = parseInstant(asOf);
    if (!at.ok)
      return refuse(problem("request.malformed", at.refusal, [{ pointer: "#/asOf", detail: at.refusal }]));
    return { ok: true, value: { state: await stateAsOf(parts.store, parts.size(), at.value), at: at.value } };
  }

  return {
    async offers(caller, query) {
      const { policy } = parts.active();
      const own = personOf(caller);
      if (caller.kind === "token") {
        const allowed = needScope(caller, "opt-outs.request", "opt-outs.read", "opt-outs.approve");
        if (!allowed.ok) return allowed;
      }
      const subject =
        query.subject === undefined
          ? caller.kind === "session"
            ? own
            : null
          : (parts.directory.find(query.subject)?.ref ?? null);
      if (query.subject !== undefined && (subject === null || (caller.kind === "session" && subject !== own)))
        return { ok: true, value: [] };
      const device =
        caller.kind === "session"
          ? caller.session.device
          : query.device === undefined
            ? null
            : (parts.directory.find(query.device)?.ref ?? null);
      const { latest } = parts.clock.now();
      const offers = [...policy.offers.values()].filter((offer) => {
        if (subject === null) return true;
        if (offer.holders.has("anonymous") && offer.holders.size === 1) return false;
        const kind = offer.holders.has("subject") ? "subject" : "device";
        const holder: Holder | null =
          kind === "subject"
            ? { kind, subject: subject as SubjectRef }
            : device === null
              ? null
              : { kind, device: device as DeviceRef, subject: subject as SubjectRef };
        if (holder === null) return false;
        const ask = { offer: offer.name, holder, scope: offer.scope, length: null, startsAt: null };
        return checkAsk(
          ask,
          policy,
          {
            states: statesOf(subject, state),
            bindings: personBindings(subject as SubjectRef, device, parts, latest),
          },
          latest,
        ).ok;
      });
      return { ok: true, value: offers.map(offerView) };
    },
    async list(caller, query) {
      const at = await stateAt(query.asOf);
      if (!at.ok) return at;
      const subject = query.subject === undefined ? undefined : parts.directory.find(query.subject)?.ref;
      if (query.subject !== undefined && subject === undefined)
        return { ok: true, value: { items: [], next: null } };
      const { optOuts } = at.value.state;
      // Of all that there are, a person sees only what is about them.
      const about = caller.kind === "session" ? caller.session.subject : subject;
      const found = [...(about === undefined ? optOuts.all() : optOuts.about(about))].filter(
        (optOut) =>
          maySee(caller, optOut) &&
          (query.control === undefined || optOut.control === query.control) &&
          (subject === undefined ||
            (optOut.holder.kind !== "anonymous" && optOut.holder.subject === subject)) &&
          (query.state === undefined || stateNow(optOut, parts.clock, at.value.at) === query.state),
      );
      return {
        ok: true,
        value: await pageOf(
          found,
          query,
          ({ requestedAt, id }) => ({ at: requestedAt, id }),
          (one) => optOutView(one, parts, at.value.state, at.value.at),
        ),
      };
    },
    async get(caller, id, query) {
      const at = await stateAt(query.asOf);
      if (!at.ok) return at;
      const found = seen(at.value.state, caller, id);
      return found.ok
        ? { ok: true, value: await optOutView(found.value, parts, at.value.state, at.value.at) }
        : found;
    },
    request: (caller, given) =>
      ask(caller, given, (asked, now, at) => draftRequest(caller, given, asked, parts, now, at)),
    choose: (caller, choice) =>
      ask(
        caller,
        choice,
        (asked, now, at, next) => chosen(caller, choice, asked, parts, now, at, next),
        (asked, now) => {
          const { holder } = asked.ask;
          const control = parts.active().policy.offers.get(choice.offer)?.control;
          const here = caller.kind === "session" ? caller.session.device : null;
          return control === undefined
            ? []
            : chosenBefore(now, { holder, control }, here).flatMap((one) => [
                `opt-out:${one.id}`,
                ...holderTouches(one.holder),
              ]);
        },
      ),
    async disclosure(caller, id, locales) {
      const found = seen(state, caller, id);
      if (!found.ok) return found;
      const offer = parts.active().policy.offers.get(found.value.offer);
      const disclosure = offer === undefined ? undefined : disclosureFor(offer, locales);
      if (disclosure === undefined)
        return refuse(
          problem("opt-out.offer_unknown", `policy no longer has the offer \`${found.value.offer}\``),
        );
      return { ok: true, value: disclosureView(disclosure) };
    },
    consent: (caller, id, given) => act(caller, id, (now, at) => consent(caller, id, given, parts, now, at)),
    approve: (caller, id, version) =>
      act(caller, id, (now, at) => approve(caller, id, { version }, parts, now, at)),
    deny: (caller, id, given) => act(caller, id, (now, at) => deny(caller, id, given, parts, now, at)),
    withdraw: (caller, id) => act(caller, id, (now, at) => withdraw(caller, id, {}, parts, now, at)),
    renew: (caller, id, given) => act(caller, id, (now, at) => renew(caller, id, given, parts, now, at)),
    narrow: (caller, id, version, given) =>
      act(caller, id, (now, at) => narrow(caller, id, { ...given, version }, parts, now, at)),
    suspend: (caller, id, given) => act(caller, id, (now, at) => suspend(caller, id, given, parts, now, at)),
    async resume(caller, id) {
      const carries = state.optOuts.get(id)?.control === "session-timeout";
      const unsettled = carries ? await parts.settleSessions() : null;
      return unsettled === null
        ? await act(caller, id, (now, at) => resume(caller, id, {}, parts, now, at))
        : refuse(unsettled);
    },
    async revoke(caller, id, given) {
      const ended = await act(caller, id, (now, at) => revoke(caller, id, given, parts, now, at));
      if (!ended.ok) return ended;
      const recorded = formatInstant(parts.clock.now().latest);
      const inEffect = await parts.inEffect(ended.value.entry);
      return {
        ok: true,
        value: {
          optOut: ended.value,
          recorded,
          inEffect: inEffect === null ? null : formatInstant(inEffect),
          entry: ended.value.entry,
        },
      };
    },
    async review(caller, given) {
      const id = makeId("rvw", parts.pool.take(16));
      const done = await act(caller, given.optOut, (now, at) => reviewed(caller, given, id, parts, now, at));
      if (!done.ok) return done;
      const review = [...state.reviews()].find((one) => one.id === id);
      return review === undefined
        ? refuse(problem("internal", "the review could not be read back"))
        : { ok: true, value: reviewView(review) };
    },
    refusalsLeft: () => limit.left(),
    refused: (caller, given) => recordRefusal(caller, null, null, given),
    async reviews(caller, query) {
      if (!mayUse(caller, "opt-outs.read") && !mayUse(caller, "opt-outs.approve")) {
        return refuse(
          problem("caller.scope", "this needs a token with the scope `opt-outs.read` or `opt-outs.approve`"),
        );
      }
      return { ok: true, value: await pageOf(state.reviews(), query, (review) => review, reviewView) };
    },
    async dueReviews(caller, query) {
      const allowed = needScope(caller, "opt-outs.read", "opt-outs.approve");
      if (!allowed.ok) return allowed;
      const { latest } = parts.clock.now();
      const span = parseDuration(query.due);
      const until = span.ok ? accept(plus(latest, span.value)) : parseInstant(query.due);
      if (!until.ok) {
        const detail = `expected a span such as \`P30D\` or a time with a zone, got \`${query.due.slice(0, 40)}\``;
        return refuse(problem("request.malformed", detail, [{ pointer: "#querystring/due", detail }]));
      }
      const page = await dueReviews(
        caller,
        { ...query, until: until.value },
        {
          state,
          policy: parts.active().policy,
          now: latest,
          view: (optOut) => optOutView(optOut, parts, state),
        },
      );
      return { ok: true, value: page };
    },
  };

  function reviewView(review: Review): ReviewView {
    return {
      id: review.id,
      optOut: review.optOut,
      answer: review.answer,
      at: formatInstant(review.at),
      by: parts.directory.name(review.by) ?? { type: "erased", id: review.by },
    };
  }
}
