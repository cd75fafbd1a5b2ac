import { fieldsListIn, isFields, textIn } from "./json.ts";
import { PosternProblem, PosternUnavailable, type ProblemPart } from "./problem.ts";
import { mediaType, readJson } from "./reading.ts";

/** What a refused call means: a problem that Postern states, or no answer at all. */
export async function failureOf(response: Response): Promise<PosternProblem | PosternUnavailable> {
  const { status } = response;
  const document = await documentOf(response);
  const detail = document === null ? null : textIn(document, "detail");
  if (status === 429 || status >= 500) {
    return new PosternUnavailable("refusing", detail ?? `Postern answered ${status}`, {
      status,
      retryAfter: secondsOf(response.headers.get("retry-after")),
    });
  }
  const code = document === null ? null : textIn(document, "code");
  if (document === null || code === null) {
    return new PosternUnavailable("garbled", `expected problem details with status ${status}`, { status });
  }
  return new PosternProblem({
    code,
    status,
    title: textIn(document, "title") ?? code,
    detail: detail ?? textIn(document, "title") ?? code,
    errors: fieldsListIn(document, "errors").map(partOf),
    decisionId: response.headers.get("decision-id"),
  });
}

async function documentOf(response: Response): Promise<Readonly<Record<string, unknown>> | null> {
  if (mediaType(response) !== "application/problem+json") {
    await response.body?.cancel();
    return null;
  }
  try {
    const document = await readJson(response);
    return isFields(document) ? document : null;
  } catch (error) {
    if (error instanceof PosternUnavailable) return null;
    throw error;
  }
}

function partOf(fields: Readonly<Record<string, unknown>>): ProblemPart {
  const fix = textIn(fields, "fix");
  return {
    pointer: textIn(fields, "pointer") ?? "#",
    detail: textIn(fields, "detail") ?? "",
    ...(fix === null ? {} : { fix }),
  };
}

function secondsOf(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : null;
}
