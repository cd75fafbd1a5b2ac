import { decide } from "@postern/core";
import { type Population, populate } from "./population.ts";
import { median, type Row } from "./row.ts";

/** Asks every question once and gives decisions a second. */
export function throughput({ ask, count, policy, now }: Population): number {
  const began = performance.now();
  for (let at = 0; at < count; at++) {
    const { request, facts } = ask(at);
    decide(request, facts, policy, now);
  }
  return (count / (performance.now() - began)) * 1000;
}

/** Making the questions and looking their facts up, with nothing decided: what any engine would have to do first. */
function asking({ ask, count }: Population): number {
  const began = performance.now();
  let asked = 0;
  for (let at = 0; at < count; at++) if (ask(at).request.resource.id !== "") asked += 1;
  return (asked / (performance.now() - began)) * 1000;
}

/** The median time of one decision in microseconds, each timed alone (the timer's own cost is in it). */
export function typical({ ask, count, policy, now }: Population): number {
  const times = new Float64Array(count);
  for (let at = 0; at < count; at++) {
    const { request, facts } = ask(at);
    const began = performance.now();
    decide(request, facts, policy, now);
    times[at] = performance.now() - began;
  }
  times.sort();
  return (times[Math.floor(times.length / 2)] ?? 0) * 1000;
}

export function decideRow(): Row {
  const population = populate({ rules: 1_000, optOuts: 100_000, sessions: 100_000, questions: 50_000 });
  throughput(population);
  return {
    name: "decide, 1,000 rules, 100,000 opt-outs and sessions",
    target: "300,000/s or more on one core, p50 2 µs or better",
    round() {
      const [limit, rate] = [asking(population), throughput(population)];
      return {
        "decisions/s": rate,
        "p50 µs": typical(population),
        "questions only made/s": limit,
        ratio: rate / limit,
      };
    },
    met: (medians) => (medians["decisions/s"] ?? 0) >= 300_000 && (medians["p50 µs"] ?? 99) <= 2,
  };
}

export function growthRow(): Row {
  const [few, many] = [100, 10_000].map((rules) =>
    populate({ rules, optOuts: 100_000, sessions: 100_000, questions: 20_000 }),
  );
  if (few === undefined || many === undefined) throw new Error("two populations are needed");
  typical(few);
  typical(many);
  return {
    name: "decide, p50 growth from 100 to 10,000 rules",
    target: "1.6 times at most",
    round() {
      const [small, large] = [median([typical(few), typical(few)]), median([typical(many), typical(many)])];
      return { "p50 µs at 100": small, "p50 µs at 10,000": large, ratio: large / small };
    },
    met: (medians) => (medians.ratio ?? 99) <= 1.6,
  };
}

/** What a score costs a decision: the same questions with risk in them and without. */
export function decideRiskRow(): Row {
  const size = { rules: 1_000, optOuts: 100_000, sessions: 100_000, questions: 50_000 };
  const [without, scored] = [populate(size), populate({ ...size, risk: true })];
  throughput(without);
  throughput(scored);
  return {
    name: "decide with a risk score, beside decide without",
    target: "p50 2 µs or better, as without",
    round() {
      const [before, after] = [typical(without), typical(scored)];
      return {
        "p50 µs with a score": after,
        "p50 µs without": before,
        "decisions/s with a score": throughput(scored),
        "decisions/s without": throughput(without),
        ratio: after / before,
      };
    },
    met: (medians) => (medians["p50 µs with a score"] ?? 99) <= 2,
  };
}
