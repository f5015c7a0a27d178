/* vite.config.ts: builds the member pages into dist/h5/join.html and dist/assets/h5/.
 *
 * join.html is a template: the server fills its {{marks}} for every visitor, so it must reach dist/ as it was
 * written. It is therefore not given to Vite as a page; the build only puts the two hashed addresses into it.
 * One script and one stylesheet: on a poor line a second request is one more thing that can fail.
 */
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const template: Plugin = {
  name: 'template',
  buildStart() {
    for (const path of ['../dist/h5', '../dist/assets/h5']) rmSync(here(path), { recursive: true, force: true });
  },
  generateBundle: {
    order: 'post' /* after the stylesheet has its name */,
    handler(_options, bundle) {
      const names = Object.keys(bundle);
      const tags = [
        ...names.filter((name) => name.endsWith('.css')).map((name) => `<link rel="stylesheet" href="/${name}">`),
        ...names.filter((name) => name.endsWith('.js')).map((name) => `<script type="module" src="/${name}"></script>`),
      ];
      const source = readFileSync(here('join.html'), 'utf8').replace('<!--assets-->', tags.join('\n'));
      this.emitFile({ type: 'asset', fileName: 'h5/join.html', source });
    },
  },
};

export default defineConfig({
  root: here('..'),
  publicDir: false,
  plugins: [vue(), template],
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    cssCodeSplit: false,
    target: ['chrome86', 'safari12'],
    cssTarget: ['chrome86', 'safari12'],
    rollupOptions: {
      input: { join: here('main.ts') },
      output: {
        entryFileNames: 'assets/h5/[name]-[hash].js',
        assetFileNames: 'assets/h5/join-[hash][extname]',
        inlineDynamicImports: true,
      },
    },
  },
});
