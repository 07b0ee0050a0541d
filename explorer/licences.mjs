// Collects the licence texts of the packages that a bundle holds.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

// For the few packages that name the MIT licence and hold no copy of it.
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const RULE = "=".repeat(78);

/** The folders of the packages that any input came from, innermost node_modules first. */
function packagesOf(inputs) {
  const folders = inputs.map((input) => /^(?:.*node_modules\/)(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/** One text with name, version, licence and licence text of each bundled package; fails if one names no licence. */
export async function licences(root, inputs) {
  const parts = ["The explorer's bundle holds code of the following packages.\n"];
  for (const folder of packagesOf(inputs)) {
    const about = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
    if (!about.license) throw new Error(`\`${about.name}\` names no licence; find it out before bundling it.`);
    const file = (await readdir(join(root, folder))).sort().find((name) => /^(licen[cs]e|copying)/i.test(name));
    if (!file && about.license !== "MIT") {
      throw new Error(`\`${about.name}\` (${about.license}) holds no licence text; add the text to licences.mjs.`);
    }
    const author = typeof about.author === "string" ? about.author : about.author?.name;
    const text = file
      ? (await readFile(join(root, folder, file), "utf8")).replaceAll("\r\n", "\n").trim()
      : `Copyright (c) ${author ?? `the authors of ${about.name}`}\n\n${MIT}`;
    parts.push(`${RULE}\n${about.name} ${about.version} (${about.license})\n\n${text}\n`);
  }
  return parts.join("\n");
}
