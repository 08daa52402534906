// A CommonJS program.
const { strictEqual } = require('node:assert');

const { openLatents, trainAutoencoder } = require('latent-vae');

strictEqual(typeof trainAutoencoder, 'function');
for (const door of ['engine', 'evaluation', 'latents', 'report', 'tokenizer', 'train']) {
  strictEqual(typeof require(`latent-vae/${door}`), 'object');
}
strictEqual(require('latent-vae/latents').openLatents, openLatents);
strictEqual(require('latent-vae/package.json').name, 'latent-vae');
openLatents('nowhere').then(
  () => process.exit(1),
  ({ name, exitCode }) => process.stdout.write(`commonjs works: ${name} ${exitCode}\n`),
);
