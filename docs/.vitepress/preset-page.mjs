/** The page of presets, made of what `train` makes networks and objectives of. */

/**
 * @param presets those of the package, by name
 * @param objectives those of the package, by name
 * @param factsOf tells of a preset what its network for so many px and classes comes to: `shape` [h, w, Z], `parameters`
 */
export function presetPage(presets, objectives, factsOf) {
  const rows = Object.entries(presets).map(([name, preset]) => {
    const { shape, parameters } = factsOf(preset, 64, 10);
    const floats = shape.reduce((product, side) => product * side, 1);
    const latent = shape[0] * shape[1] === 1 ? `vector of ${grouped(floats)}` : shape.join('×');
    const ratio = Number(((64 * 64 * 3) / floats).toPrecision(3));
    return [code(name), latent, ratio, millions(parameters), code(preset.objective), preset.summary];
  });
  return `# Presets

Networks that have a name, with what each is trained to lower. \`--preset\` of [train](commands/train.md) and \`model\` of \`trainAutoencoder\` take
them; [choose one](../guides/choose-a-preset.md). Figures are for pictures of 64×64 px with three channels, and ten classes where a network is told of them.

${table(['preset', 'latent', 'values per number', 'parameters', 'objective', 'what it is'], rows)}

## Objectives

\`--objective\` takes them for any network; single flags change single values ([what they mean](../objective.md)).

${table(['objective', 'error', 'KL weight', 'perceptual', 'adversarial'], Object.entries(objectives).map(objectiveRow))}
`;
}

function objectiveRow([name, { reconstruction, reconstructionWeight, klWeight, perceptual, adversarial }]) {
  const weighted = reconstructionWeight === 1 ? reconstruction : `${reconstructionWeight} · ${reconstruction}`;
  return [
    code(name),
    weighted,
    klWeight === 0 ? '–' : String(klWeight),
    perceptual ? `${perceptual.weight}, ${perceptual.kind}` : '–',
    adversarial ? `${adversarial.weight}, ${adversarial.loss}, from step ${grouped(adversarial.startStep)}` : '–',
  ];
}

const code = (words) => `\`${words}\``;
const grouped = (number) => number.toLocaleString('en');
const millions = (number) => `${number < 1e7 ? Number((number / 1e6).toPrecision(2)) : Math.round(number / 1e6)} M`;
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
