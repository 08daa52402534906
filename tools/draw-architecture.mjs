/**
 * Draws docs/architecture.svg: which room imports which, read from the code. `--check` only tells whether the picture is as the code has it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { instance } from '@viz-js/viz';

const root = fileURLToPath(new URL('..', import.meta.url));
const picture = join(root, 'docs/architecture.svg');

/** What each room is about. One that is not here is no room yet: the drawing fails. */
const rooms = {
  scripts: 'the command latent-vae',
  exports: 'the doors of the package',
  tokenizer: 'one picture at a time',
  exploration: 'writes the page of explore',
  watching: 'the page of a training',
  serving: 'a server for this machine',
  web: 'what runs in browsers',
  report: 'pages, tables, CSV',
  ladder: 'families of models',
  diffusion: 'latent diffusion models',
  training: 'the training of tokenizers',
  evaluation: 'measures',
  latents: 'stores of latents',
  losses: 'terms of an objective',
  interop: 'file formats of models',
  autoencoder: 'networks',
  data: 'pictures to batches',
  nn: 'layers, Adam, averages',
  engine: 'tfjs on ONNX Runtime',
  config: 'options and presets',
  lock: 'folders in use',
  storage: 'files and objects',
  mpi: 'several processes',
};

const sources = ['src', 'scripts'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
);

/** Files of no folder, such as src/errors.ts, may be used by all and are no room; the package's main door is one of the doors. */
function roomOf(path) {
  const [top, room, ...below] = path.split('/');
  if (top === 'scripts') return 'scripts';
  if (below.length > 0) return room;
  return room === 'index.ts' ? 'exports' : undefined;
}

/** Every room with those it imports, of types and lazily too. */
function importsBetweenRooms() {
  const imports = new Map();
  for (const path of sources) {
    const from = roomOf(path);
    if (from === undefined) continue;
    const targets = imports.get(from) ?? imports.set(from, new Set()).get(from);
    for (const [, specifier] of readFileSync(join(root, path), 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const to = roomOf(join(dirname(path), specifier));
      if (to !== undefined && to !== from) targets.add(to);
    }
  }
  return imports;
}

/** Throws where a room, by way of others, imports itself. */
function assertNoCircle(imports, room, way = []) {
  if (way.includes(room)) throw new Error(`Rooms import each other in a circle: ${[...way, room].join(' -> ')}`);
  for (const next of imports.get(room) ?? []) assertNoCircle(imports, next, [...way, room]);
}

/** Leaves out what goes by way of another room too: an arrow then means "this one, and whatever it leads to". */
function reduced(imports) {
  const reaches = (from, to) => [...(imports.get(from) ?? [])].some((next) => next === to || reaches(next, to));
  return new Map(
    [...imports].map(([from, targets]) => {
      const direct = [...targets].filter((to) => ![...targets].some((other) => other !== to && reaches(other, to)));
      return [from, direct.sort()];
    }),
  );
}

const style = `<style>
.node polygon, .node path { fill: #f4f6f8; stroke: #57606a } .node text { fill: #1f2328 }
.edge path { stroke: #57606a } .edge polygon { fill: #57606a; stroke: #57606a }
@media (prefers-color-scheme: dark) {
.node polygon, .node path { fill: #22272e; stroke: #8b949e } .node text { fill: #e6edf3 }
.edge path { stroke: #8b949e } .edge polygon { fill: #8b949e; stroke: #8b949e } }
</style>`;

/** Words begin where they would in Helvetica; in the middle of their box they fit in wider fonts, too. */
function centred(svg) {
  return svg.replace(/<g id="node\d+" class="node">[\s\S]*?<\/g>/g, (node) => {
    const xs = [...(/ d="([^"]*)"/.exec(node)?.[1] ?? '').matchAll(/(-?[\d.]+),/g)].map(([, x]) => Number(x));
    const middle = (Math.min(...xs) + Math.max(...xs)) / 2;
    return node.replace(/text-anchor="start" x="[\d.-]+"/g, `text-anchor="middle" x="${Number(middle.toFixed(2))}"`);
  });
}

async function draw() {
  const imports = importsBetweenRooms();
  const found = [...imports.keys()].sort();
  const unknown = found.filter((room) => !(room in rooms));
  const gone = Object.keys(rooms).filter((room) => !imports.has(room));
  if (unknown.length + gone.length > 0) {
    throw new Error(`tools/draw-architecture.mjs lacks the rooms [${unknown}] and names [${gone}], which are gone.`);
  }
  for (const room of found) assertNoCircle(imports, room);
  const nodes = found.map(
    (room) => `"${room}" [label=<<b>${room}</b><br/><font point-size="11">${rooms[room]}</font>>]`,
  );
  const edges = [...reduced(imports)].sort().flatMap(([from, targets]) => targets.map((to) => `"${from}" -> "${to}"`));
  const graph = `digraph { bgcolor="transparent"; ranksep=0.35; nodesep=0.25; edge [arrowsize=0.6]
node [shape=box, style=rounded, fontname="Helvetica,Arial,sans-serif", fontsize=14, margin="0.24,0.07"]
${[...nodes, ...edges].join('\n')} }`;
  const svg = (await instance()).renderString(graph, { format: 'svg' });
  return centred(svg)
    .replace(/<!--.*?-->\n?/gs, '')
    .replace(/<\?xml.*?<svg/s, '<svg')
    .replace(/(<svg[^>]*>)/, `$1\n<title>Which room imports which</title>\n${style}`);
}

const drawn = await draw();
if (!process.argv.includes('--check')) writeFileSync(picture, drawn);
else if (readFileSync(picture, 'utf8') !== drawn) {
  process.stderr.write('docs/architecture.svg is not as the code has it: run npm run architecture.\n');
  process.exitCode = 1;
}
