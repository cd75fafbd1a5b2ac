/** Options that every command takes. */
export const GLOBAL_OPTIONS = {
  output: { type: "text", short: "o", value: "table|json", about: "how to print (default table)" },
  url: {
    type: "text",
    value: "<url>",
    about: "the control plane (default POSTERN_URL, then http://localhost:4600)",
  },
  "token-file": {
    type: "text",
    value: "<file>",
    about: "a file that holds the token (default POSTERN_TOKEN[_FILE])",
  },
  quiet: { type: "flag", short: "q", about: "print nothing but the answer and errors" },
  yes: { type: "flag", short: "y", about: "do not ask whether one is sure" },
  "no-input": { type: "flag", about: "never ask anything; fail instead" },
  help: { type: "flag", short: "h", about: "show this" },
} as const;

/** What was typed of them. */
export interface GlobalValues {
  readonly output: string | undefined;
  readonly url: string | undefined;
  readonly "token-file": string | undefined;
  readonly quiet: boolean;
  readonly yes: boolean;
  readonly "no-input": boolean;
  readonly help: boolean;
}
