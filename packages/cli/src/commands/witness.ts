import { dirname, resolve } from "node:path";
import { type Command, command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { CommandError, messageOf, UsageError } from "../failure.ts";
import { milliseconds } from "../moment.ts";
import { readable } from "../readable.ts";
import type { Run } from "../run.ts";
import type { WitnessKey } from "../witness/key-file.ts";

export const witness: Command = command({
  name: "witness",
  summary: "follow a ledger, cosign its heads and refuse a fork",
  details:
    "Each head that the ledger signs must have grown out of the last one that was cosigned; what has is cosigned with the\n" +
    "time, after it was remembered durably. A fork is refused, and both signed heads are written to a file that proves it to\n" +
    "anyone. With --listen the ledger asks by itself (C2SP tlog-witness): give it POSTERN_WITNESSES. A key file that is not\n" +
    "there is made, and its public key printed. A witness whose state is lost is retired: make a new key.",
  operands: {},
  options: {
    log: { type: "list", value: "<url>", about: "the ledger's control plane" },
    key: {
      type: "text",
      short: "k",
      value: "<file>",
      about: "the witness's own key; made where it is not there",
    },
    name: {
      type: "text",
      value: "<name>",
      about: "for a new key: what the witness is called, such as `witness.example/1`",
    },
    state: {
      type: "text",
      value: "<file>",
      about: "what it has cosigned (default: the key file's name and .state)",
    },
    listen: {
      type: "text",
      value: "[<host>:]<port>",
      about: "answer POST /add-checkpoint (default host 127.0.0.1)",
    },
    "log-key": {
      type: "list",
      value: "<vkey>",
      about: "the ledger's key (default: the first one that is seen)",
    },
    every: { type: "text", value: "<length>", about: "between two looks (default 10s)" },
    evidence: {
      type: "text",
      value: "<folder>",
      about: "where evidence of a fork is written (default: beside the state)",
    },
    "new-state": { type: "flag", about: "begin without a state: only for a key that has never cosigned" },
    once: { type: "flag", about: "look once and end; 8 where something was refused" },
  },
  examples: [
    {
      about: "on a machine of someone else than the ledger's operator",
      line: "postern witness --log https://postern.example --key witness.key --listen 4700",
    },
    {
      about: "with the ledger's key from elsewhere, and lines for a program to read",
      line: "postern witness --log https://postern.example --log-key postern.example/1+b8eea35f+Aea6 --key witness.key -o json",
    },
  ],
  run: async (run, { options }) => {
    if (options.key === undefined) throw new UsageError("expected --key, the witness's key file");
    if (options.log.length === 0)
      throw new UsageError("expected --log, the address of the ledger's control plane");
    for (const url of options.log) {
      if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
        throw new UsageError(`expected an http or https address for --log, got \`${url}\``);
    }
    const at = options.listen === undefined ? null : placeOf(options.listen);
    const every = milliseconds(options.every ?? "10s", "every");
    await checkKeys(options["log-key"]);
    const { durableFile, FileInUseError } = await import("../witness/durable-file.ts");
    const { beginState, readState, StateError } = await import("../witness/witness-state.ts");
    const { runWitness } = await import("../witness/run-witness.ts");

    const path = options.state ?? `${options.key}.state`;
    let file: ReturnType<typeof durableFile>;
    try {
      file = durableFile(path);
    } catch (error) {
      const hint =
        error instanceof FileInUseError ? "two witnesses on one state could contradict each other" : null;
      throw new CommandError(EXIT.unexpected, messageOf(error), hint);
    }
    try {
      const { key, made } = await keyFrom(run, options.key, options.name);
      const found = await readState(file, key.vkey);
      if (found === null && !made && !options["new-state"]) {
        throw new CommandError(
          EXIT.unexpected,
          `the key has no state: \`${path}\` is not there`,
          "put the state back; where it is lost, make a new key, or say --new-state for one that has never cosigned",
        );
      }
      const state = found ?? (await beginState(file, key.vkey));
      run.out.line({ event: "witness", name: key.name, vkey: key.vkey }, () => `witness   ${key.vkey}`);
      return await runWitness(run, {
        key,
        state,
        at,
        every,
        logs: [...new Set(options.log.map((url) => url.replace(/\/+$/, "")))],
        trusted: options["log-key"],
        folder: options.evidence ?? dirname(resolve(path)),
        once: options.once,
      });
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      throw new CommandError(
        EXIT.unexpected,
        `\`${path}\`: ${error.message}`,
        "a witness must not forget what it cosigned: put the state back from a copy that is not older, or make a new key",
      );
    } finally {
      file.close();
    }
  },
});

async function keyFrom(
  run: Run,
  path: string,
  name: string | undefined,
): Promise<{ readonly key: WitnessKey; readonly made: boolean }> {
  const { LedgerError } = await import("@postern/ledger");
  const { formatWitnessKey, makeWitnessKey, parseWitnessKey } = await import("../witness/key-file.ts");
  try {
    if (await run.context.files.exists(path)) {
      const key = parseWitnessKey(await readable(run.context, path));
      if (name !== undefined && name !== key.name)
        throw new UsageError(`the key is called \`${key.name}\`, got --name \`${name}\``);
      return { key, made: false };
    }
    const key = makeWitnessKey(name);
    await run.context.files.create(path, [formatWitnessKey(key)]);
    run.out.note(`a new key was made: ${path}`);
    return { key, made: true };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    throw new UsageError(`\`${path}\`: ${error.message}`);
  }
}

async function checkKeys(vkeys: readonly string[]): Promise<void> {
  const { LedgerError, parseVkey } = await import("@postern/ledger");
  for (const vkey of vkeys) {
    try {
      parseVkey(vkey);
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      throw new UsageError(`--log-key: ${error.message}`, "it is what `postern ledger key` prints");
    }
  }
}

function placeOf(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new UsageError(`expected a port, or a host and a port, for --listen, got \`${text}\``);
  return { host: (host ?? "127.0.0.1").replace(/^\[|\]$/g, ""), port: Number(port) };
}
