import { fileURLToPath } from 'node:url';

/** The ladder that comes with the package: the three causes of blurriness at 64×64 px, about an hour on two cores. */
export const defaultLadderPath = fileURLToPath(
  new URL('../../../experiments/ladder/blurriness-64px.json', import.meta.url),
);
