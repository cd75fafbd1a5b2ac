import { connect } from "node:net";

export interface Played {
  readonly status: number;
  /** As they came, in lower case, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Sends the bytes of one request as a proxy would write them, and reads the answer to its end. */
export function play(port: number, bytes: string): Promise<Played> {
  return new Promise((done, failed) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(bytes, "latin1"));
    let text = "";
    const finish = (): void => {
      const end = text.indexOf("\r\n\r\n");
      const [first = "", ...lines] = text.slice(0, Math.max(end, 0)).split("\r\n");
      done({
        status: Number(first.split(" ")[1] ?? 0),
        headers: lines.map((line) => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
        }),
        body: text.slice(end + 4),
      });
      socket.destroy();
    };
    socket.setEncoding("latin1");
    socket.setTimeout(5_000, () => failed(new Error(`no whole answer: ${text.slice(0, 200)}`)));
    socket.on("data", (part: string) => {
      text += part;
      const end = text.indexOf("\r\n\r\n");
      const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end + 2))?.[1];
      const bodiless = bytes.startsWith("HEAD ");
      if (end >= 0 && length !== undefined && text.length >= end + 4 + (bodiless ? 0 : Number(length)))
        finish();
    });
    socket.on("end", finish);
    socket.on("error", failed);
  });
}

export function headerOf({ headers }: Played, name: string): string | null {
  return headers.find(([one]) => one === name)?.[1] ?? null;
}

export function lines(...text: readonly string[]): string {
  return `${text.join("\r\n")}\r\n\r\n`;
}
