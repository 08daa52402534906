/** The pages in their order. */
const page = (text, link) => ({ text, link });

const start = [page('Start here', '/start-here')];

const guides = [
  page('Train on your photographs', '/guides/train-on-your-photographs'),
  page('Watch a training', '/guides/watch-a-training'),
  page('Choose a preset', '/guides/choose-a-preset'),
  page('Is my discriminator healthy?', '/guides/is-my-discriminator-healthy'),
  page('Compress a data set', '/guides/compress-a-data-set'),
  page('Feed PyTorch diffusion', '/guides/feed-pytorch-diffusion'),
  page('Use it in a server', '/guides/use-it-in-a-server'),
  page('Coming from diffusers, LDM, kohya', '/guides/coming-from'),
  page('Diffusion on the latents', '/diffusion'),
  page('Tokenizers in the browser', '/explore'),
  page('Beyond one machine', '/scale'),
];

const explanations = [
  page('Why VAEs are blurry', '/explanations/why-vaes-are-blurry'),
  page('The bound', '/explanations/the-bound'),
  page('What each term does', '/explanations/what-each-term-does'),
  page('Which latents suit diffusion', '/explanations/which-latents-suit-diffusion'),
  page('Networks that suit a CPU', '/fast-networks'),
  page('Glossary', '/explanations/glossary'),
];

const commands = [
  'train',
  'watch',
  'metrics',
  'encode',
  'decode',
  'latents',
  'train-diffusion',
  'sample',
  'evaluate',
  'compare',
  'explore',
  'info',
  'import',
  'export',
  'weights',
  'doctor',
  'completion',
];

const doors = ['train', 'tokenizer', 'latents', 'evaluation', 'report', 'engine', 'web', ''];
const door = (name) =>
  page(['latent-vae', name].filter(Boolean).join('/'), `/reference/api/latent-vae/${name && `${name}/`}`);

const reference = [
  {
    ...page('Commands', '/reference/commands/'),
    collapsed: true,
    items: commands.map((name) => page(name, `/reference/commands/${name}`)),
  },
  page('Presets', '/reference/presets'),
  page('Examples', '/reference/examples'),
  page('What goes in', '/what-goes-in'),
  page('The objective', '/objective'),
  page('File formats', '/reference/files'),
  page('The latent store', '/latents-format'),
  page('Models and latents of others', '/interop'),
  {
    text: 'Models that come along',
    collapsed: true,
    items: [
      page('photo-f8', '/tokenizers/photo-f8'),
      page('photo-f8c16', '/tokenizers/photo-f8c16'),
      page('photo-vector', '/tokenizers/photo-vector'),
      page('photo-features', '/photo-features'),
    ],
  },
  { ...page('API', '/reference/api/'), collapsed: true, items: doors.map(door) },
];

const inside = [page('The engine', '/engine'), page('Architecture', '/architecture')];

export const sidebar = [
  { items: start },
  { text: 'Guides', items: guides },
  { text: 'Explanations', items: explanations },
  { text: 'Reference', items: reference },
  { text: 'Inside', items: inside },
];

export const navigation = [
  page('Start', '/start-here'),
  page('Guides', '/guides/train-on-your-photographs'),
  page('Why blurry?', '/explanations/why-vaes-are-blurry'),
  page('Commands', '/reference/commands/'),
  page('API', '/reference/api/'),
];
