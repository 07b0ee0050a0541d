/** Relay's network and store for the shop. */

import { Environment, type FetchFunction, type GraphQLResponse, Network, RecordSource, Store } from "relay-runtime";

export function environment(url: string, token: string | undefined): Environment {
  const ask: FetchFunction = async ({ text }, variables) => {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        Accept: "application/graphql-response+json",
        "Content-Type": "application/json",
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify({ query: text, variables }),
      signal: AbortSignal.timeout(10_000),
    });
    return (await response.json()) as GraphQLResponse;
  };
  return new Environment({ network: Network.create(ask), store: new Store(new RecordSource()) });
}
