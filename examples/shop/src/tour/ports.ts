import { createServer } from "node:net";

/** The ports of one running sample, all on loopback. */
export interface Ports {
  readonly control: number;
  readonly people: number;
  readonly gateway: number;
  readonly shop: number;
}

/** The first of four that follow one another. */
export const USUAL_PORT = 4600;

const MOST_TRIES = 200;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** Four ports from `first` on where they are free, else the next free ones above; `moved` says which were taken. */
export async function choosePorts(
  first: number,
): Promise<{ readonly ports: Ports; readonly moved: readonly string[] }> {
  const chosen = new Set<number>();
  const moved: string[] = [];
  const choose = async (wanted: number): Promise<number> => {
    for (let port = wanted; port < wanted + MOST_TRIES; port++) {
      if (chosen.has(port) || !(await isFree(port))) continue;
      chosen.add(port);
      if (port !== wanted) moved.push(`port ${wanted} is taken; using ${port}`);
      return port;
    }
    throw new Error(`expected a free port from ${wanted} to ${wanted + MOST_TRIES - 1}, found none`);
  };
  const ports: Ports = {
    control: await choose(first),
    people: await choose(first + 1),
    gateway: await choose(first + 2),
    shop: await choose(first + 3),
  };
  return { ports, moved };
}

interface Probe {
  readonly port: number;
  readonly free: () => Promise<void>;
}

function probe(): Promise<Probe> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      resolve({ port, free: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

/** A port that the system picks: for runs beside one another. */
export async function anyPort(): Promise<number> {
  const { port, free } = await probe();
  await free();
  return port;
}

export async function anyPorts(): Promise<Ports> {
  // All four are held at once, so that no two are the same.
  const probes = await Promise.all([probe(), probe(), probe(), probe()]);
  await Promise.all(probes.map(({ free }) => free()));
  const [control = 0, people = 0, gateway = 0, shop = 0] = probes.map(({ port }) => port);
  return { control, people, gateway, shop };
}
