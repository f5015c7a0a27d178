// poster.mjs: the poster of `quntu bench poster`, by sharp and by @napi-rs/canvas.
//   node poster.mjs sharp|canvas FOLDER SECONDS
// FOLDER holds background.png and face-0.jpg … face-15.jpg. Prints "POSTERS n": posters a second of processor time,
// all threads counted. The background is decoded once; each poster has another name, number, face and link.
import { readFileSync, writeFileSync } from 'node:fs';
import QRCode from 'qrcode';

const [, , which, folder, seconds, picture] = process.argv;
const WIDTH = 750, HEIGHT = 1334, FACES = 16, WARM = 20, BATCH = 5;
const SANS = '/usr/share/fonts/opentype/noto/NotoSansCJK-', NAMES = ['张小明', '李丽华', '王志强', '赵梓涵', '刘浩然',
  '陈雨桐', '杨子轩', '黄欣怡', '周建国', '吴晓峰'];
const background = readFileSync(`${folder}/background.png`);
const faces = Array.from({ length: FACES }, (_, i) => readFileSync(`${folder}/face-${i}.jpg`));

const person = (n) => ({
  name: `${NAMES[n % 10]}${n % 97} 邀请你一起加入`, line: `城市跑步打卡群 · 第 ${n} 位成员`, face: faces[n % FACES],
  link: `https://go.example.com/j/${(Math.imul(n, 2654435761) >>> 0).toString(16).padStart(8, '0')}?c=poster`,
});

// Modules of the code, and where they stand in a square of 240 pixels.
function code(link) {
  const { size, data } = QRCode.create(link, { errorCorrectionLevel: 'M' }).modules;
  const module = Math.floor(240 / (size + 8)), margin = Math.floor((240 - module * size) / 2);
  return { size, data, module, margin };
}

async function withSharp() {
  const { default: sharp } = await import('sharp');
  sharp.concurrency(1);
  const base = await sharp(background).removeAlpha().raw().toBuffer();
  const round = Buffer.from('<svg width="120" height="120"><circle cx="60" cy="60" r="60"/></svg>');
  return async (n) => {
    const { name, line, face, link } = person(n), { size, data, module, margin } = code(link);
    const qr = Buffer.alloc(240 * 240, 255);
    for (let y = 0; y < size * module; y++)
      for (let x = 0; x < size; x++)
        if (data[Math.floor(y / module) * size + x])
          qr.fill(0, (y + margin) * 240 + margin + x * module, (y + margin) * 240 + margin + (x + 1) * module);
    const words = Buffer.from(`<svg width="480" height="110" fill="#fff" font-family="Noto Sans CJK SC">` +
      `<text y="38" font-size="36" font-weight="bold">${name}</text><text y="92" font-size="28">${line}</text></svg>`);
    const avatar = await sharp(face).resize(120, 120).composite([{ input: round, blend: 'dest-in' }]).png({ compressionLevel: 0 }).toBuffer();
    return sharp(base, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } }).composite([
      { input: avatar, left: 64, top: 224 }, { input: words, left: 208, top: 228 },
      { input: qr, raw: { width: 240, height: 240, channels: 1 }, left: 256, top: 1008 },
    ]).jpeg({ quality: 85 }).toBuffer();
  };
}

async function withCanvas() {
  const { createCanvas, loadImage, GlobalFonts } = await import('@napi-rs/canvas');
  GlobalFonts.registerFromPath(`${SANS}Bold.ttc`, 'bold');
  GlobalFonts.registerFromPath(`${SANS}Regular.ttc`, 'plain');
  const image = await loadImage(background), canvas = createCanvas(WIDTH, HEIGHT), c = canvas.getContext('2d');
  return async (n) => {
    const { name, line, face, link } = person(n), { size, data, module, margin } = code(link);
    const avatar = await loadImage(face);
    c.drawImage(image, 0, 0);
    c.save();
    c.beginPath();
    c.arc(124, 284, 60, 0, 2 * Math.PI);
    c.clip();
    c.drawImage(avatar, 64, 224, 120, 120);
    c.restore();
    c.fillStyle = '#fff';
    c.font = '36px bold';
    c.fillText(name, 208, 266);
    c.font = '28px plain';
    c.fillText(line, 208, 316);
    c.fillRect(256, 1008, 240, 240);
    c.fillStyle = '#000';
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        if (data[y * size + x]) c.fillRect(256 + margin + x * module, 1008 + margin + y * module, module, module);
    return canvas.encodeSync('jpeg', 85);
  };
}

const draw = await (which === 'sharp' ? withSharp() : withCanvas());
for (let n = 0; n < WARM; n++) await draw(n);
const spent = (since) => { const { user, system } = process.cpuUsage(since); return (user + system) / 1e6; };
const began = process.cpuUsage();
let n = 0;
while (spent(began) < Number(seconds))
  for (let i = 0; i < BATCH; i++) await draw(WARM + n++);
console.log(`POSTERS ${n / spent(began)}`);
if (picture) writeFileSync(picture, await draw(1));       // for whoever wants to look
