// Bundles entry.js into ../static/vendor/codemirror.js and gathers the licences of what is inside.
import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const TARGET = "../static/vendor/codemirror";

const { metafile, outputFiles } = await build({
  entryPoints: ["entry.js"],
  bundle: true,
  charset: "utf8",
  format: "esm",
  legalComments: "none",
  metafile: true,
  minify: true,
  outfile: `${TARGET}.js`,
  target: "es2022",
  write: false,
});

const folders = Object.keys(metafile.inputs)
  .map((path) => path.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0])
  .filter(Boolean);
const packages = await Promise.all(
  [...new Set(folders)].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    return { name, version, license, text: (await readFile(`${folder}/LICENSE`, "utf8")).trim() };
  }),
);

const banner = packages.map(({ name, version, license }) => `   ${name} ${version} (${license})`).join("\n");
await writeFile(
  `${TARGET}.js`,
  `/*! CodeMirror 6, bundled by \`make editor-bundle\`. Licences: codemirror.LICENSE\n${banner}\n*/\n${outputFiles[0].text}`,
);

const texts = new Map();
for (const { name, version, text } of packages) {
  texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
}
await writeFile(
  `${TARGET}.LICENSE`,
  `${[...texts].map(([text, names]) => `${names.join("\n")}\n\n${text}`).join(`\n\n${"-".repeat(72)}\n\n`)}\n`,
);
