// Builds dist/ from src/: `node build.mjs`; `node build.mjs --check` builds elsewhere and compares byte for byte.
import { build } from "esbuild";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { licences } from "./licences.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "dist");

// The page uses the fonts of the system and draws its marks with CSS, so the policy needs neither font-src nor data: images.
const withoutEmbeddedFiles = {
  name: "without-embedded-files",
  setup(builder) {
    builder.onLoad({ filter: /node_modules.*\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      const contents = css
        .replace(/@font-face\s*\{[^}]*\}/g, "")
        .replace(/background-image:\s*url\(\s*"?data:[^)]*\);?/g, "");
      if (/url\(/.test(contents)) throw new Error(`\`${path}\` still loads a file; strip it in build.mjs.`);
      return { contents, loader: "css" };
    });
  },
};

async function buildInto(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: { explorer: "src/main.tsx" },
    outdir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome111", "firefox113", "safari16.4"],
    jsx: "automatic",
    charset: "utf8",
    legalComments: "none",
    loader: { ".graphql": "text" },
    define: { "process.env.NODE_ENV": '"production"', "process.env": "{}" },
    plugins: [withoutEmbeddedFiles],
    metafile: true,
    logLevel: "warning",
  });
  for (const name of ["index.html", "icon.svg"]) {
    await writeFile(join(folder, name), await readFile(join(here, "src", name)));
  }
  await writeFile(join(folder, "LICENSES.txt"), await licences(here, bundledFiles(metafile)));
}

/** The source files of which something is left in the bundle. */
function bundledFiles({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
}

async function filesOf(folder) {
  const names = (await readdir(folder)).sort();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))])));
}

async function check() {
  const folder = await mkdtemp(join(tmpdir(), "explorer-"));
  try {
    await buildInto(folder);
    const [built, committed] = [await filesOf(folder), await filesOf(dist)];
    const names = [...new Set([...built.keys(), ...committed.keys()])].sort();
    const different = names.filter((name) => !built.get(name)?.equals(committed.get(name) ?? Buffer.alloc(0)));
    if (different.length > 0) {
      console.error(`dist/ differs from what src/ builds: ${different.join(", ")}. Run \`npm run build\` and commit dist/.`);
      process.exitCode = 1;
    } else {
      console.log(`dist/ is what src/ builds, byte for byte (${names.length} files).`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes("--check")) {
  await check();
} else {
  await buildInto(dist);
  for (const [name, content] of await filesOf(dist)) console.log(`${String(content.length).padStart(8)}  ${name}`);
}
