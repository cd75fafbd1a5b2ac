/** Where text goes. */
export interface Sink {
  write(text: string): void;
  readonly isTerminal: boolean;
}

export interface Source {
  readonly isTerminal: boolean;
  /** Everything up to the end. */
  read(): Promise<string>;
  /** One line. */
  line(): Promise<string>;
}

/** The files that commands read and write. Errors are those of `node:fs`. */
export interface Files {
  read(path: string): Promise<string>;
  /** The bytes in pieces, for files of any length. Fails at once where it cannot be read. */
  chunks(path: string): Promise<AsyncIterable<Uint8Array>>;
  /** Every file below a directory, in a stable order, by paths relative to it. */
  below(directory: string): Promise<readonly string[]>;
  /** Makes the file for its owner only. Fails where it is there already. */
  create(path: string, text: Iterable<string> | AsyncIterable<string>): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Puts a file for its owner only in place of the one that is there, as a whole; makes its folder. */
  replace(path: string, text: string): Promise<void>;
  /** Nothing is there afterwards. */
  remove(path: string): Promise<void>;
}

/** A browser came back. */
export interface Visit {
  readonly query: URLSearchParams;
  /** What its person reads. */
  answer(ok: boolean): void;
}

/** An address of this very machine, for one sign-in. */
export interface Loopback {
  readonly address: string;
  /** Rejects when the signal ends the wait. */
  next(signal: AbortSignal): Promise<Visit>;
  close(): Promise<void>;
}

/** Everything outside that a command touches, so that tests run without spawning. */
export interface Context {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: Source;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly files: Files;
  readonly random: (bytes: number) => Uint8Array;
  readonly loopback: () => Promise<Loopback>;
  /** Shows an address in the system's browser, where there is one; never fails. */
  readonly browse: (address: string) => void;
  /** Aborted by Ctrl-C and by a request to end. */
  readonly signal: AbortSignal;
}
