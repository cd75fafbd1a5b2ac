import { type Command, command } from "../../command.ts";
import { count } from "../../moment.ts";

export const exportLedger: Command = command({
  name: "ledger export",
  summary: "write a self-contained export that anyone can verify without a server",
  operands: { file: { about: "a new file (default: standard output)", count: "optional" } },
  options: {
    from: { type: "text", value: "<index>", about: "the first entry (default 0)" },
    to: { type: "text", value: "<index>", about: "the entry after the last (default: all)" },
    reveal: { type: "flag", about: "show sealed values that this token may see, with their salts" },
  },
  examples: [{ about: "everything, for an auditor", line: "postern ledger export ledger.jsonl" }],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const client = await run.client();
    const query = {
      ...(options.from === undefined ? {} : { from: count(options.from, "--from") }),
      ...(options.to === undefined ? {} : { to: count(options.to, "--to") }),
      ...(options.reveal ? { reveal: true } : {}),
    };
    let lines = 0;
    const text = async function* (): AsyncGenerator<string> {
      for await (const line of client.ledger.export(query, { signal: context.signal })) {
        lines += 1;
        yield `${line}\n`;
      }
    };
    if (operands.file === undefined) {
      for await (const line of text()) out.raw(line);
      return undefined;
    }
    await context.files.create(operands.file, text());
    out.note(
      `${lines} lines written to ${operands.file}; \`postern ledger verify ${operands.file} --key <vkey>\` checks it`,
    );
    return undefined;
  },
});
