/** One request by which a server says whose session it is. */
export interface Check {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Stands in the answer, in a header or in the body, while the session lives. */
  readonly says: string;
}

/** What Postern is asked. */
export interface PosternTarget {
  readonly check: Check;
  readonly introspection: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly issue: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Refresh tokens of as many families. */
    readonly refresh: readonly string[];
  };
}

/** A server that runs, and what is to be known of it. */
export interface Serving<Told> {
  readonly target: Told;
  close(): Promise<void>;
}
