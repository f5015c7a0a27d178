/* vite.config.ts: builds the operator's console into dist/console/index.html and dist/assets/console/.
 *
 * The page runs under a policy without inline scripts or styles, so nothing may be inlined:
 * every asset is a file of its own, and the modulepreload helper is left out.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/* The member pages share dist/, so only the console's own part of it is emptied. */
const emptyOwn: Plugin = {
  name: 'empty-own',
  apply: 'build',
  buildStart() {
    for (const path of ['dist/console', 'dist/assets/console']) rmSync(here(path), { recursive: true, force: true });
  },
};

/* Two thousand icons stand behind one index; read only the ones that are named. */
const iconsOneByOne: Plugin = {
  name: 'icons-one-by-one',
  enforce: 'post',
  apply: 'build',
  transform(code) {
    if (!code.includes('tdesign-icons-vue-next')) return null;
    return code
      .replace(/import\s*["']tdesign-icons-vue-next["'];?/g, '')
      .replace(/import\s*\{([^}]*)\}\s*from\s*["']tdesign-icons-vue-next["'];?/g, (whole: string, names: string) => {
        const lines = names
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean)
          .map((one) => {
            const [icon, as = icon] = one.split(/\s+as\s+/);
            const file = icon
              .replace(/Icon$/, '')
              .replace(/(?<!^)([A-Z])/g, '-$1')
              .toLowerCase();
            const path = `tdesign-icons-vue-next/esm/components/${file}.js`;
            return existsSync(here(`node_modules/${path}`)) ? `import ${as} from '${path}';` : '';
          });
        return lines.every(Boolean) ? lines.join('') : whole;
      });
  },
};

/* A tab's icon has no page around it to give currentColor a meaning: it gets the brand's token. */
const markInColour: Plugin = {
  name: 'mark-in-colour',
  apply: 'build',
  generateBundle(_options, bundle) {
    const brand = /--brand: ([^;]+);/.exec(readFileSync(here('tokens.css'), 'utf8'))?.[1] ?? 'currentColor';
    for (const file of Object.values(bundle))
      if (file.type === 'asset' && file.fileName.endsWith('.svg'))
        file.source = String(file.source).replace(/currentColor/g, brand);
  },
};

/* In development every address that is not a file is the one page. */
const onePage: Plugin = {
  name: 'one-page',
  apply: 'serve',
  configureServer(server) {
    server.middlewares.use((request, _response, next) => {
      const path = (request.url ?? '/').split('?')[0];
      if (!/^\/(api|g|q|@|node_modules|console\/.)/.test(path) && !path.includes('.'))
        request.url = '/console/index.html';
      next();
    });
  },
};

export default defineConfig({
  root: here('.'),
  publicDir: false,
  plugins: [vue(), iconsOneByOne, markInColour, emptyOwn, onePage],
  resolve: { alias: { '@api': here('api'), '@': here('console') } },
  define: { __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false' },
  server: { proxy: { '/api': process.env.QUNTU ?? 'http://127.0.0.1:8300' } },
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    assetsDir: 'assets/console',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2020',
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      input: here('console/index.html'),
      output: {
        experimentalMinChunkSize: 12_000, /* a page asked for up to a hundred files, half of them of less than 4 KB */
        manualChunks: {
          vue: ['vue', 'vue-router'],
        },
      },
    },
  },
});
