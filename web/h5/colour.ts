/* colour.ts: the community's colour in place of ours, without losing anybody's eyes.
 *
 * An operator may choose a pale yellow. Buttons and bands wear it as it is, with whichever ink reads upon it; text and
 * lines in it (--accent) are moved towards black, in the dark towards white, until they read at 4.5:1 on the sheet.
 */
type Rgb = [number, number, number];

const read = (hex: string): Rgb | null => {
  const m = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex.trim());
  return m && [parseInt(m[1], 16), parseInt(m[2], 16), parseInt(m[3], 16)];
};
const write = (c: Rgb) => `rgb(${c.map((x) => Math.round(x)).join(', ')})`;
const mix = (a: Rgb, b: Rgb, share: number) => a.map((x, i) => x + (b[i] - x) * share) as Rgb;

function light(c: Rgb): number {
  const [r, g, b] = c.map((x) => (x / 255 <= 0.03928 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: Rgb, b: Rgb): number {
  const x = light(a),
    y = light(b);
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const WHITE: Rgb = [255, 255, 255],
  BLACK: Rgb = [0, 0, 0],
  NIGHT: Rgb = [24, 32, 29],
  INK: Rgb = [6, 20, 17];

function palette(own: Rgb, dark: boolean): Record<string, string> {
  const sheet = dark ? NIGHT : WHITE,
    away = dark ? WHITE : BLACK;
  let accent = own;
  const soft = () => mix(sheet, accent, dark ? 0.2 : 0.12); /* accent is also written upon its own tint */
  for (let step = 1; contrast(accent, soft()) < 4.5 && step <= 20; step++) accent = mix(own, away, step / 20);
  const fill = contrast(own, sheet) < 1.25 ? accent : own; /* white on white is no button */
  const ink = (on: Rgb) => write(contrast(on, WHITE) >= 4.5 ? WHITE : INK);
  return {
    '--accent': write(accent),
    '--accent-ink': ink(accent),
    '--fill': write(fill),
    '--fill-ink': ink(fill),
    '--fill-2': write(mix(fill, BLACK, 0.12)),
    '--accent-soft': write(soft()),
  };
}

export function wear(hex: string): void {
  const own = read(hex);
  if (!own) return;
  const night = window.matchMedia('(prefers-color-scheme: dark)');
  const put = () => {
    const colours = palette(own, night.matches);
    for (const name in colours) document.documentElement.style.setProperty(name, colours[name]);
  };
  put();
  if (night.addListener) night.addListener(put); /* iOS 12 knows no addEventListener here */
}
