/** The documents the page offers; each must be valid against the schema, which tests/browser checks. */
import orders from "./examples/orders.graphql";
import profile from "./examples/profile.graphql";

export type Example = { readonly name: string; readonly document: string };

/** The first one is what a newcomer finds in the editor. */
export const EXAMPLES: readonly [Example, ...Example[]] = [
  { name: "Recent orders", document: orders },
  { name: "My profile", document: profile },
];
