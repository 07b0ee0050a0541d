/** Makes TypeScript of `schema.graphql` and of every operation of the examples, with GraphQL Code Generator. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { codegen } from "@graphql-codegen/core";
import * as fragmentMatcher from "@graphql-codegen/fragment-matcher";
import * as typedDocumentNode from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";

const here = (path) => new URL(path, import.meta.url);
const document = async (path) => ({ location: path, document: parse(await readFile(here(path), "utf8")) });
const schema = parse(await readFile(here("../schema/schema.graphql"), "utf8"));

// All of them travel as strings. Amounts stay strings in the program too: a JavaScript number cannot hold 0.10.
const scalars = {
  ID: "string",
  Date: "string",
  DateTime: "string",
  Decimal: "string",
};
const config = {
  scalars,
  strictScalars: true,
  enumType: "string-literal",
  immutableTypes: true,
  useTypeImports: true,
  // What comes from the server is there or null; `undefined` is for what we leave out.
  avoidOptionals: { field: true, object: true },
};

async function generate(example, plugins) {
  const filename = `${example}/generated/${plugins.filename}`;
  const text = await codegen({
    filename,
    schema,
    documents: plugins.documents,
    config,
    plugins: Object.keys(plugins.map).map((name) => ({ [name]: {} })),
    pluginMap: plugins.map,
  });
  await mkdir(here(`${example}/generated/`), { recursive: true });
  await writeFile(here(filename), text);
}

for (const example of ["typescript", "apollo"]) {
  await generate(example, {
    filename: "operations.ts",
    documents: [await document(`${example}/operations.graphql`)],
    map: { operations, typedDocumentNode },
  });
}

// Which types are a `UserError` or a `Node`: Apollo's cache cannot know without.
await generate("apollo", { filename: "possible-types.ts", documents: [], map: { fragmentMatcher } });
