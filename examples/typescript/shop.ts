/** A client of the shop in one page: `fetch`, and the types that were made of the operations. */

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";

/** One thing that the policy did not let through. The field itself is null or a mask; this says why. */
export type Withheld = {
  readonly path: readonly string[];
  readonly effect: "NULL" | "MASK";
  readonly code: string;
};

export type Answer<Data> = { readonly data: Data; readonly withheld: readonly Withheld[] };

type Body<Data> = {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
  readonly extensions?: { readonly privacy?: { readonly withheld?: readonly Withheld[] } };
};

/** The operation was not carried out: a bad document, a limit, a token that opens nothing. */
export class NotAnswered extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

export class Shop {
  constructor(
    private readonly url: string,
    private readonly token: string | undefined,
  ) {}

  async ask<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Answer<Data>> {
    const response = await fetch(this.url, {
      method: "POST",
      headers: {
        Accept: "application/graphql-response+json",
        "Content-Type": "application/json",
        ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}),
      },
      body: JSON.stringify({ query: print(document), variables }),
      signal: AbortSignal.timeout(10_000),
    });
    const body = (await response.json()) as Body<Data>;
    const error = body.errors?.[0];
    if (error) throw new NotAnswered(error.extensions?.code ?? String(response.status), error.message);
    if (!body.data) throw new NotAnswered(String(response.status), "There is no data in the answer.");
    return { data: body.data, withheld: body.extensions?.privacy?.withheld ?? [] };
  }
}
