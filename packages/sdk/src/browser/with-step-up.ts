import { stepUpChallenge } from "./challenge.ts";
import { STEP_UP_MESSAGES, type StepUpMessages } from "./dialog.ts";
import { stepUp } from "./step-up.ts";
import { StepUpError } from "./step-up-error.ts";

export type Fetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

export interface StepUpOptions {
  /** In the language of the page. What is not given is in English. */
  readonly messages?: Partial<StepUpMessages>;
}

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * A `fetch` that leads a person through a step-up where a gate of this very origin asks for one (RFC 9470), and then
 * repeats the same call exactly once, with the same `Idempotency-Key`. A second refusal is the answer. Calls to other
 * origins pass through as they are.
 *
 * Rejects with {@link StepUpError}: `cancelled`, or `body_not_repeatable` before anything is sent.
 */
export function withStepUp(
  send: Fetch = (input, init) => fetch(input, init),
  { messages }: StepUpOptions = {},
): Fetch {
  const said = { ...STEP_UP_MESSAGES, ...messages };
  return async (input, init) => {
    const address = new URL(input instanceof Request ? input.url : input, document.baseURI);
    if (address.origin !== location.origin) return await send(input, init);
    if (init?.body instanceof ReadableStream) {
      throw new StepUpError("body_not_repeatable", "expected a body that can be sent twice, got a stream");
    }
    const request = new Request(input, init);
    if (!SAFE.has(request.method) && !request.headers.has("idempotency-key")) {
      request.headers.set("idempotency-key", crypto.randomUUID());
    }
    const first = await send(request.clone());
    const challenge = first.redirected ? null : stepUpChallenge(first);
    if (challenge === null) return first;
    await first.body?.cancel();
    await stepUp(challenge, said, request.signal);
    return await send(request);
  };
}
