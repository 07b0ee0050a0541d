/** Puts what relay-compiler made in the place of every `graphql` tag, as a bundler does with the same plugin. */

import { readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transformFileAsync } from "@babel/core";

const folder = fileURLToPath(new URL("build/", import.meta.url));
for (const name of await readdir(folder, { recursive: true })) {
  if (!name.endsWith(".js")) continue;
  const { code } = await transformFileAsync(folder + name, {
    configFile: false,
    plugins: ["relay", "@babel/plugin-transform-modules-commonjs"],
  });
  await writeFile(folder + name, code);
}
