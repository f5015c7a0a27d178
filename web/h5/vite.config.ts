/* vite.config.ts: builds one member page (--mode join, or the name of another folder's) into dist/h5/ and dist/assets/h5/.
 *
 * page.html is the template of all of them: the server fills its {{marks}} for every visitor, so it must reach dist/ as it was
 * written. It is therefore not given to Vite as a page; the build only puts the two hashed addresses into it.
 * One script and one stylesheet: on a poor line a second request is one more thing that can fail.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const template = (name: string): Plugin => ({
  name: 'template',
  buildStart() {
    rmSync(here(`../dist/h5/${name}.html`), { force: true });
    const assets = here('../dist/assets/h5/');
    for (const file of existsSync(assets) ? readdirSync(assets) : [])
      if (file.startsWith(name + '-')) rmSync(assets + file);
  },
  generateBundle: {
    order: 'post' /* after the stylesheet has its name */,
    handler(_options, bundle) {
      const names = Object.keys(bundle);
      const tags = [
        ...names.filter((file) => file.endsWith('.css')).map((file) => `<link rel="stylesheet" href="/${file}">`),
        ...names.filter((file) => file.endsWith('.js')).map((file) => `<script type="module" src="/${file}"></script>`),
      ];
      const source = readFileSync(here('page.html'), 'utf8').replace('<!--assets-->', tags.join('\n'));
      this.emitFile({ type: 'asset', fileName: `h5/${name}.html`, source });
    },
  },
});

export default defineConfig(({ mode: name }) => ({
  root: here('..'),
  publicDir: false,
  plugins: [vue(), template(name)],
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
      input: { [name]: here(name === 'join' ? 'main.ts' : `${name}/main.ts`) },
      output: {
        entryFileNames: 'assets/h5/[name]-[hash].js',
        assetFileNames: `assets/h5/${name}-[hash][extname]`,
        inlineDynamicImports: true,
      },
    },
  },
}));
