/** Asks /graphql as a viewer. */
import type { Fetcher } from "@graphiql/toolkit";
import { buildClientSchema, getIntrospectionQuery, parse, type GraphQLSchema, type IntrospectionQuery } from "graphql";
import type { Viewer } from "./viewers";

const TIMEOUT_MS = 30_000;

export type Ask = { readonly query: string; readonly variables?: unknown; readonly operationName?: string | null | undefined };

/** The parsed answer, whatever its status; throws a sentence when there is none. */
async function post(viewer: Viewer, ask: Ask): Promise<unknown> {
  const headers = new Headers({
    "Content-Type": "application/json",
    Accept: "application/graphql-response+json, application/json;q=0.9",
  });
  if (viewer.token !== null) headers.set("Authorization", `Bearer ${viewer.token}`);
  const answer = await fetch("/graphql", {
    method: "POST",
    headers,
    body: JSON.stringify(ask),
    credentials: viewer.withCookie ? "same-origin" : "omit",
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  try {
    return await answer.json();
  } catch {
    throw new Error(`The server answered ${answer.status} without JSON. Look at the server's log, then run again.`);
  }
}

/** The chosen operation's name, if the document has it: GraphiQL learns of an edited document a moment later than one can run it. */
function nameIn(query: string, chosen: string | null | undefined): string | null {
  try {
    const names = parse(query).definitions.map((part) => ("name" in part ? part.name?.value : undefined));
    return chosen != null && names.includes(chosen) ? chosen : null;
  } catch {
    return null;
  }
}

/** What GraphiQL calls to run a document; `onAnswer` hears of each before GraphiQL shows it. */
export function fetcherFor(viewer: Viewer, onAnswer: (viewer: Viewer, milliseconds: number) => void): Fetcher {
  return async ({ query, variables, operationName }) => {
    const started = performance.now();
    try {
      return (await post(viewer, { query, variables, operationName: nameIn(query, operationName) })) as Record<
        string,
        unknown
      >;
    } finally {
      onAnswer(viewer, performance.now() - started);
    }
  };
}

/** The schema as this viewer may see it; throws the server's sentence when it is closed to them. */
export async function schemaFor(viewer: Viewer): Promise<GraphQLSchema> {
  const answer = (await post(viewer, {
    query: getIntrospectionQuery({ inputValueDeprecation: true, schemaDescription: true, specifiedByUrl: true }),
    operationName: "IntrospectionQuery",
  })) as { data?: Partial<IntrospectionQuery> | null; errors?: readonly { message?: string }[] };
  if (answer.data?.__schema) return buildClientSchema(answer.data as IntrospectionQuery);
  throw new Error(answer.errors?.[0]?.message ?? "The server gave no reason.");
}
