/** The site that `npm run docs` makes of this folder. */
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defineConfig } from 'vitepress';
import { anchorOf } from './anchors.mjs';
import { linkedFiles, repositoryLinks } from './links.mjs';
import { navigation, sidebar } from './sidebar.mjs';

/** A picture and its latent. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Cpath fill='%232461c9' d='M0 0h4v4H0zM4 4h4v4H4z'/%3E%3Cpath fill='%23e0692b' d='M4 0h4v4H4zM0 4h4v4H0z'/%3E%3C/svg%3E";

export default defineConfig({
  title: 'latent-vae',
  description:
    'Train latent-diffusion image tokenizers, compress images to latents, and see where blurriness comes from',
  lang: 'en',
  // Pages are opened from any folder of any server.
  cleanUrls: false,
  // What all pages share is a file of its own, and not in each of them.
  metaChunk: true,
  head: [['link', { rel: 'icon', href: icon }]],
  srcExclude: ['node_modules/**'],
  markdown: {
    anchor: { slugify: anchorOf },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(markdown) {
      markdown.use(repositoryLinks);
      // Indented code looks as fenced code does.
      markdown.renderer.rules.code_block = (tokens, index, ...rest) =>
        markdown.renderer.rules.fence(tokens, index, ...rest);
    },
  },
  themeConfig: {
    nav: navigation,
    sidebar,
    outline: { level: [2, 3] },
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          // What is explained comes before what merely has the word in its name.
          searchOptions: { boostDocument: (id) => (id.includes('/reference/api/') ? 0.2 : 1) },
        },
      },
    },
    externalLinkIcon: false,
  },
  transformPageData(page) {
    // A door of the API names hundreds of things.
    if (page.relativePath.startsWith('reference/api/')) page.frontmatter.outline = 2;
  },
  // The index of the search is one file.
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  async buildEnd({ srcDir, outDir }) {
    for (const file of linkedFiles) {
      await mkdir(dirname(join(outDir, file)), { recursive: true });
      await copyFile(join(srcDir, file), join(outDir, file));
    }
  },
});
