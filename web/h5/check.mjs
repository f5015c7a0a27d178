/* check.mjs: what the member's phone must be able to swallow.
 *
 * Run after the build. Fails when the first load (page, script, style, gzipped) is above 90 KB, when the script holds
 * syntax newer than iOS 12, when it calls what Chromium 86 or iOS 12 does not have, when the stylesheet relies on
 * what they cannot lay out, or when the template lost a mark or gained an inline script or style.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parse } from 'acorn';

const LIMIT = 90 * 1024, AIM = 60 * 1024;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const complaints = [];
const complain = (text) => complaints.push(text);

const assets = readdirSync(dist + 'assets/h5').map((name) => 'assets/h5/' + name);
const pages = readdirSync(dist + 'h5').filter((name) => name.endsWith('.html')).map((name) => name.slice(0, -5));
const files = [...pages.map((name) => `h5/${name}.html`), ...assets].map((name) => ({ name, bytes: readFileSync(dist + name) }));
const text = (end) => files.filter((file) => file.name.endsWith(end)).map((file) => file.bytes.toString()).join('\n');

/* ---- Size ---- */
for (const page of pages) {
  let total = 0;
  const own = (file) => file.name === `h5/${page}.html` || file.name.startsWith(`assets/h5/${page}-`);
  for (const { name, bytes } of files.filter(own)) {
    const size = gzipSync(bytes, { level: 9 }).length;
    total += size;
    console.log(`${name.padEnd(36)} ${String(bytes.length).padStart(7)} bytes ${String(size).padStart(6)} gzipped`);
  }
  console.log(`${('first load of ' + page).padEnd(50)} ${String(total).padStart(6)} gzipped (aim ${AIM}, limit ${LIMIT})`);
  if (total > LIMIT) complain(`the first load of ${page} is ${total} bytes gzipped, more than ${LIMIT}`);
}

/* ---- Script: ES2019 is what iOS 12 reads; Chromium 86 reads more ---- */
const script = text('.js');
for (const { name, bytes } of files.filter((file) => file.name.endsWith('.js'))) {
  const own = bytes.toString();
  try {
    parse(own, { ecmaVersion: 2019, sourceType: 'module' });
  } catch (error) {
    const near = own.slice(Math.max(0, error.pos - 40), error.pos + 40);
    complain(`${name} is newer than ES2019: ${error.message}: …${near}…`);
  }
}
const CALLS = ['.at(', '.replaceAll(', '.matchAll(', '.findLast(', 'Object.hasOwn(', 'Object.fromEntries(',
  'structuredClone(', 'Promise.any(', 'Promise.allSettled(', 'randomUUID(', '.replaceChildren(',
  'new ResizeObserver', 'AbortSignal.timeout', 'Object.groupBy'];
for (const call of CALLS) if (script.includes(call)) complain(`script uses ${call}, which an old phone does not have`);
if (/\(\?<[=!]/.test(script)) complain('script uses a lookbehind, which iOS 12 cannot read');
if (/\beval\(|new Function\(/.test(script)) complain('script evaluates text, which the policy forbids');

/* ---- Style ---- */
const style = text('.css');
for (const [, selector, body] of style.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
  const flex = /display:(inline-)?flex/.test(body);
  if (flex && /(^|;)(row-|column-)?gap:/.test(body)) complain(`${selector} spaces a flex box by gap`);
  if (/(^|;)inset(-\w+)*:/.test(body)) complain(`${selector} uses inset`);
  if (/(^|;)aspect-ratio:/.test(body)) complain(`${selector} uses aspect-ratio`);
  if (/:(has|is|where)\(/.test(selector)) complain(`${selector} is a selector old phones drop`);
  if (/color-mix\(|\b\d+(dvh|svh|lvh)\b|oklch\(/.test(body)) complain(`${selector} holds a value old phones drop`);
}
if (/@(layer|container)\b/.test(style)) complain('style uses @layer or @container');
if (/url\((?!data:)/.test(style)) complain('style fetches another file');

/* ---- Templates ---- */
const INLINE = /<style|\son\w+=|<script(?![^>]*(src=|application\/json))/;
for (const name of pages) {
  const page = files.find((file) => file.name === `h5/${name}.html`).bytes.toString();
  for (const mark of ['lang', 'title', 'description', 'url', 'image', 'body', 'page'])
    if (!page.includes(`{{${mark}}}`)) complain(`${name}: the template has lost {{${mark}}}`);
  if (INLINE.test(page)) complain(`${name}: the template holds inline script or style`);
  if (!page.includes(`<script type="module" src="/assets/h5/${name}-`)) complain(`${name}: the template does not load the script`);
  if (!page.includes(`<link rel="stylesheet" href="/assets/h5/${name}-`)) complain(`${name}: the template does not load the style`);
}

for (const complaint of complaints) console.error('✗ ' + complaint);
if (!complaints.length) console.log('✓ Chromium 86 and iOS 12 can read it');
process.exit(complaints.length ? 1 : 0);
