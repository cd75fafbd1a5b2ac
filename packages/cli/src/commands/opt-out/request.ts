import type { OptOut, OptOutRequest, RequestedHolder } from "@postern/sdk";
import type { Command } from "../../command.ts";
import { command } from "../../command.ts";
import { entityName, optionalEntityName } from "../../entity-name.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { CommandError, UsageError } from "../../failure.ts";
import { length, milliseconds, moment } from "../../moment.ts";
import type { Run } from "../../run.ts";
import { pairs, waitsFor } from "./view.ts";

export const request: Command = command({
  name: "opt-out request",
  summary: "ask for an opt-out that policy offers",
  details:
    "A token asks, it cannot consent: where the offer needs consent, the request waits until the person says yes on\n" +
    "/me/protection/<id> of the people's pages. `postern offer ls` shows what may be asked for.",
  operands: { offer: { about: "the offer's name" } },
  options: {
    subject: { type: "text", value: "<type:id>", about: "whose it is (default: the token's person)" },
    device: { type: "text", value: "<type:id>", about: "it holds on this device only" },
    anyone: { type: "flag", about: "with --device: for anyone on it" },
    anonymous: { type: "flag", about: "for visitors who are not signed in" },
    length: {
      type: "text",
      value: "<length>",
      about: "how long, such as 7d or PT12H (default: the offer's)",
    },
    starts: { type: "text", value: "<time>", about: "when it starts (default: now)" },
    action: {
      type: "list",
      value: "<action>",
      about: "only this action (default: all that the offer names)",
    },
    resource: { type: "list", value: "<pattern>", about: "only these resources, such as route:/reports/**" },
    reason: { type: "text", value: "<text>", about: "why; kept sealed" },
    "idempotency-key": {
      type: "text",
      value: "<key>",
      about: "repeating the command with it asks only once",
    },
    wait: { type: "flag", about: "wait until nobody has to decide any more" },
    timeout: { type: "text", value: "<length>", about: "with --wait: how long to wait (default 15m)" },
  },
  examples: [
    {
      about: "no second step for reports on ana's laptop, for a week",
      line: "postern opt-out request trusted-device-reports --device device:ana-laptop --subject user:ana --length 7d",
    },
    {
      about: "let guests read the catalogue, and wait for the approval",
      line: 'postern opt-out request guests-read-catalogue --anonymous --reason "shop window" --wait',
    },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const client = await run.client();
    const scope = scopeOf(options.action, options.resource);
    const holder = holderOf(options);
    const asked: OptOutRequest = {
      offer: operands.offer,
      ...(holder === undefined ? {} : { holder }),
      ...(scope === undefined ? {} : { scope }),
      ...(options.length === undefined ? {} : { length: length(options.length, "length") }),
      ...(options.starts === undefined ? {} : { startsAt: moment(options.starts, "starts", context.now()) }),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    };
    const key = options["idempotency-key"];
    const made = await client.optOuts.request(asked, {
      signal: context.signal,
      ...(key === undefined ? {} : { idempotencyKey: key }),
    });
    if (!options.wait || made.state !== "pending") {
      out.record(made, pairs(made, context.now()));
      tellNext(run, made);
      return EXIT.ok;
    }
    tellNext(run, made);
    const limit = milliseconds(options.timeout ?? "15m", "timeout");
    const done = await waited(run, made.id, limit);
    out.record(done, pairs(done, context.now()));
    return exitOf(done);
  },
});

function holderOf(options: {
  readonly subject: string | undefined;
  readonly device: string | undefined;
  readonly anyone: boolean;
  readonly anonymous: boolean;
}): RequestedHolder | undefined {
  const subject = optionalEntityName(options.subject, "--subject");
  if (options.anonymous) {
    if (subject !== undefined || options.device !== undefined) {
      throw new UsageError("expected --anonymous, or --subject and --device, got both");
    }
    return { kind: "anonymous" };
  }
  if (options.device !== undefined) {
    return {
      kind: "device",
      device: entityName(options.device, "--device"),
      ...(options.anyone ? { anyone: true } : {}),
      ...(subject === undefined ? {} : { subject }),
    };
  }
  if (options.anyone) throw new UsageError("expected --device beside --anyone");
  return subject === undefined ? undefined : { kind: "subject", subject };
}

function scopeOf(actions: readonly string[], resources: readonly string[]): OptOutRequest["scope"] {
  if (actions.length === 0 && resources.length === 0) return undefined;
  if (actions.length === 0 || resources.length === 0) {
    throw new UsageError("expected --action and --resource together: an opt-out names both");
  }
  return { actions, resources };
}

function tellNext({ out }: Run, optOut: OptOut): void {
  const waits = waitsFor(optOut);
  if (waits !== null)
    out.note(`${optOut.id} waits for ${waits}; \`postern opt-out show ${optOut.id}\` shows how it stands`);
}

async function waited(run: Run, id: string, limit: number): Promise<OptOut> {
  const client = await run.client();
  const timer = AbortSignal.timeout(limit);
  try {
    return await client.optOuts.wait(id, { signal: AbortSignal.any([timer, run.context.signal]) });
  } catch (error) {
    if (timer.aborted) {
      throw new CommandError(
        EXIT.timedOut,
        `nobody has decided yet about ${id}`,
        "it goes on waiting without this command",
      );
    }
    throw error;
  }
}

function exitOf({ state }: OptOut): ExitCode {
  return state === "active" || state === "scheduled" ? EXIT.ok : EXIT.denied;
}
