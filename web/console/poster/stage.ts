/* stage.ts: the canvas of the designer, by konva: what is drawn, taken, moved, turned and snapped.
 *
 * Holds   It never changes the design itself: it says what was done (`hooks`) and is drawn anew. What stands here is an
 *         approximation for moving things about; the preview beside it is the server's own drawing.
 */
import Konva from 'konva';
import { picture } from '@/lib/picture';
import type { Design, Piece } from './design';

export interface Hooks {
  select: (ids: number[]) => void;
  change: (id: number, to: Partial<Piece>) => void;
  done: () => void;
}

export interface Scene {
  design: Design;
  selected: number[];
  scale: number;
  movable: boolean; /* false: looked at, and chosen from */
  background: HTMLImageElement | undefined;
  fill: (text: string) => string; /* variables as a member would have them */
}

export interface Stage {
  draw: (scene: Scene) => void;
  close: () => void;
}

const SNAP = 6; /* pixels on the screen */
const SMALLEST = 8;
const GROUNDS = ['sans', 'serif'] as const;
const FAMILY: Record<(typeof GROUNDS)[number], string> = {
  sans: '"Noto Sans CJK SC", "PingFang SC", "HarmonyOS Sans SC", "Noto Sans SC", sans-serif',
  serif: '"Noto Serif CJK SC", "Songti SC", "Noto Serif SC", serif',
};

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/* Pictures that layers show, asked for once. */
const pictures = new Map<string, HTMLImageElement>();
function pictureOf(key: string, ready: () => void): HTMLImageElement | undefined {
  const known = pictures.get(key);
  if (known) return known.complete && known.naturalWidth ? known : undefined;
  const image = new Image();
  image.onload = ready;
  image.src = picture(key);
  pictures.set(key, image);
  return undefined;
}

/* Fills width × height, what sticks out is cut: as the server does it. */
function cover(image: HTMLImageElement, width: number, height: number): Konva.Image {
  const scale = Math.max(width / image.naturalWidth, height / image.naturalHeight);
  const w = width / scale;
  const h = height / scale;
  return new Konva.Image({
    image,
    width,
    height,
    crop: { x: (image.naturalWidth - w) / 2, y: (image.naturalHeight - h) / 2, width: w, height: h },
  });
}

const radius = (piece: Piece) => {
  const side = Math.min(piece.width, piece.height);
  return piece.shape === 'round' ? side / 2 : piece.shape === 'soft' ? side / 8 : 0;
};

/* ---- What layers look like ---- */

function drawText(group: Konva.Group, piece: Piece, fill: (text: string) => string): void {
  group.add(
    new Konva.Text({
      text: fill(piece.text),
      width: piece.width,
      height: Math.max(piece.height, (piece.size * piece.line_height) / 100),
      fontSize: piece.size,
      fontFamily: FAMILY[piece.font || 'sans'],
      fontStyle: piece.bold ? 'bold' : 'normal',
      lineHeight: piece.line_height / 100,
      align: piece.align === 'centre' ? 'center' : piece.align || 'left',
      fill: piece.colour,
      wrap: piece.max_lines > 1 ? 'char' : 'none',
      ellipsis: true,
    }),
  );
}

function drawAvatar(group: Konva.Group, piece: Piece, fill: (text: string) => string): void {
  const side = Math.min(piece.width, piece.height);
  group.add(new Konva.Rect({ width: piece.width, height: piece.height, cornerRadius: radius(piece), fill: token('--s4') }));
  group.add(
    new Konva.Text({
      text: [...fill('{nickname}')][0] ?? '',
      width: piece.width,
      height: piece.height,
      align: 'center',
      verticalAlign: 'middle',
      fontSize: side / 2,
      fontStyle: 'bold',
      fontFamily: FAMILY.sans,
      fill: token('--qr-paper'),
    }),
  );
}

/* Something that looks like a code: three corners and a pattern. The real one is in the preview. */
function isDark(row: number, column: number): boolean {
  for (const [top, left] of [
    [0, 0],
    [0, 18],
    [18, 0],
  ] as const) {
    const y = row - top;
    const x = column - left;
    if (y >= -1 && y <= 7 && x >= -1 && x <= 7) {
      const ring = Math.max(Math.abs(y - 3), Math.abs(x - 3));
      return ring === 3 || ring <= 1;
    }
  }
  return ((row * 7 + column * 13 + row * column * 3) % 11) % 2 === 0;
}

function drawCode(group: Konva.Group, piece: Piece, again: () => void): void {
  group.add(new Konva.Rect({ width: piece.width, height: piece.height, fill: piece.light }));
  const module = Math.floor(Math.min(piece.width, piece.height) / (25 + 2 * piece.quiet)) || 1;
  const left = (piece.width - 25 * module) / 2;
  const top = (piece.height - 25 * module) / 2;
  group.add(
    new Konva.Shape({
      listening: false,
      sceneFunc(context) {
        context.fillStyle = piece.colour;
        for (let row = 0; row < 25; row++)
          for (let column = 0; column < 25; column++)
            if (isDark(row, column)) context.fillRect(left + column * module, top + row * module, module, module);
      },
    }),
  );
  const logo = piece.picture ? pictureOf(piece.picture, again) : undefined;
  if (!logo) return;
  const side = 5 * module;
  group.add(new Konva.Rect({ x: left + 10 * module, y: top + 10 * module, width: side, height: side, cornerRadius: module, fill: token('--qr-paper') }));
  const shown = cover(logo, side * 0.84, side * 0.84);
  shown.position({ x: left + 10 * module + side * 0.08, y: top + 10 * module + side * 0.08 });
  group.add(shown);
}

function drawPicture(group: Konva.Group, piece: Piece, again: () => void): void {
  const image = piece.picture ? pictureOf(piece.picture, again) : undefined;
  if (image) {
    const shown = cover(image, piece.width, piece.height);
    shown.cornerRadius(radius(piece));
    group.add(shown);
  } else {
    group.add(
      new Konva.Rect({ width: piece.width, height: piece.height, cornerRadius: radius(piece), fill: token('--well'), stroke: token('--line-2'), dash: [8, 6] }),
    );
  }
}

/* ---- Snapping ---- */

interface Span {
  from: number;
  to: number;
}
const spansOf = (piece: Piece): [Span, Span] => [
  { from: piece.x, to: piece.x + piece.width },
  { from: piece.y, to: piece.y + piece.height },
];
const marks = ({ from, to }: Span) => [from, (from + to) / 2, to];

/* How far to move so that an edge or the middle meets a line, and which line. */
function nearest(span: Span, lines: number[], reach: number): { by: number; line: number } | undefined {
  let best: { by: number; line: number } | undefined;
  for (const mark of marks(span))
    for (const line of lines) {
      const by = line - mark;
      if (Math.abs(by) <= reach && (!best || Math.abs(by) < Math.abs(best.by))) best = { by, line };
    }
  return best;
}

/* ---- The stage ---- */

export function openStage(box: HTMLDivElement, hooks: Hooks): Stage {
  const stage = new Konva.Stage({ container: box, width: 10, height: 10 });
  const base = new Konva.Layer({ listening: false });
  const layer = new Konva.Layer();
  const top = new Konva.Layer();
  const frame = new Konva.Transformer({ rotationSnaps: [0, 45, 90, 135, 180, 225, 270, 315], rotationSnapTolerance: 4, flipEnabled: false, ignoreStroke: true });
  const band = new Konva.Rect({ visible: false, listening: false, dash: [4, 4] });
  stage.add(base, layer, top);
  top.add(frame, band);
  let scene: Scene | undefined;
  let corner = false; /* the handle in hand is one of the four corners */
  let start: { x: number; y: number } | undefined;

  function guides(lines: { across?: number; down?: number }): void {
    top.find('.guide').forEach((one) => one.destroy());
    if (!scene) return;
    const line = (points: number[]) =>
      top.add(new Konva.Line({ name: 'guide', points, stroke: token('--late'), strokeWidth: 1 / scene!.scale, listening: false }));
    if (lines.across !== undefined) line([lines.across, 0, lines.across, scene.design.height]);
    if (lines.down !== undefined) line([0, lines.down, scene.design.width, lines.down]);
  }

  function snap(group: Konva.Group, id: number): void {
    if (!scene || scene.selected.length > 1) return;
    const { design, scale } = scene;
    const piece = design.layers[id]!;
    const [columns, rows] = spansOf({ ...piece, x: group.x() - piece.width / 2, y: group.y() - piece.height / 2 });
    const others = design.layers.filter((one, i) => i !== id && !one.hidden).map(spansOf);
    const across = nearest(columns, [...marks({ from: 0, to: design.width }), ...others.flatMap(([c]) => marks(c))], SNAP / scale);
    const down = nearest(rows, [...marks({ from: 0, to: design.height }), ...others.flatMap(([, r]) => marks(r))], SNAP / scale);
    if (across) group.x(group.x() + across.by);
    if (down) group.y(group.y() + down.by);
    guides({ across: across?.line, down: down?.line });
  }

  /* Where a group has been brought, as numbers of its layer. */
  function settle(group: Konva.Group): void {
    const id = Number(group.id());
    const piece = scene?.design.layers[id];
    if (!piece) return;
    const wide = Math.abs(group.scaleX());
    const high = Math.abs(group.scaleY());
    const least = piece.kind === 'qr' ? 120 : SMALLEST;
    const width = Math.max(least, Math.round(piece.width * wide));
    const height = Math.max(least, Math.round(piece.height * high));
    hooks.change(id, {
      x: Math.round(group.x() - width / 2),
      y: Math.round(group.y() - height / 2),
      width,
      height,
      rotation: Math.round(((group.rotation() % 360) + 360) % 360),
      ...(piece.kind === 'text' && corner && wide !== 1 ? { size: Math.min(400, Math.max(8, Math.round(piece.size * wide))) } : {}),
    });
  }

  function groupOf(piece: Piece, id: number, current: Scene): Konva.Group {
    const again = () => scene && draw(scene);
    const group = new Konva.Group({
      id: String(id),
      x: piece.x + piece.width / 2,
      y: piece.y + piece.height / 2,
      offsetX: piece.width / 2,
      offsetY: piece.height / 2,
      rotation: piece.rotation,
      opacity: piece.opacity / 100,
      draggable: current.movable && !piece.locked,
    });
    group.add(new Konva.Rect({ width: piece.width, height: piece.height }));
    if (piece.kind === 'text') drawText(group, piece, current.fill);
    else if (piece.kind === 'avatar') drawAvatar(group, piece, current.fill);
    else if (piece.kind === 'qr') drawCode(group, piece, again);
    else drawPicture(group, piece, again);
    group.on('dragstart', () => {
      if (!scene?.selected.includes(id)) hooks.select([id]);
    });
    group.on('dragmove', () => snap(group, id));
    group.on('click tap', (event) => {
      event.cancelBubble = true;
      const more = 'shiftKey' in event.evt && event.evt.shiftKey;
      const now = scene?.selected ?? [];
      hooks.select(!more ? [id] : now.includes(id) ? now.filter((one) => one !== id) : [...now, id]);
    });
    return group;
  }

  function drawBase({ design, background }: Scene): void {
    base.destroyChildren();
    base.add(new Konva.Rect({ width: design.width, height: design.height, fill: token('--qr-paper') }));
    if (background) base.add(cover(background, design.width, design.height));
  }

  function draw(next: Scene): void {
    scene = next;
    const { design, scale } = next;
    stage.size({ width: design.width * scale, height: design.height * scale });
    for (const one of [base, layer, top]) one.scale({ x: scale, y: scale });
    drawBase(next);
    frame.nodes([]);
    layer.destroyChildren();
    guides({});
    design.layers.forEach((piece, id) => {
      if (!piece.hidden) layer.add(groupOf(piece, id, next));
    });
    const chosen = next.selected.map((id) => layer.findOne<Konva.Group>('#' + id)).filter((one) => one !== undefined);
    const square = next.selected.every((id) => ['qr', 'avatar'].includes(design.layers[id]?.kind ?? ''));
    const fixed = !next.movable || next.selected.some((id) => design.layers[id]?.locked);
    frame.setAttrs({
      keepRatio: square || next.selected.length > 1,
      resizeEnabled: !fixed,
      rotateEnabled: !fixed,
      borderStroke: token('--accent'),
      anchorStroke: token('--accent'),
      anchorFill: token('--card'),
      anchorSize: 9,
      enabledAnchors: square ? ['top-left', 'top-right', 'bottom-left', 'bottom-right'] : undefined,
      boundBoxFunc: (before: { width: number; height: number }, after: { width: number; height: number }) =>
        Math.min(Math.abs(after.width), Math.abs(after.height)) < SMALLEST * scale ? before : after,
    });
    frame.nodes(chosen);
  }

  /* After a drag or a turn every chosen group has moved; konva tells it of one. */
  function finish(): void {
    guides({});
    for (const node of frame.nodes()) settle(node as Konva.Group);
    hooks.done();
  }
  layer.on('dragend', finish);
  frame.on('transformstart', () => {
    corner = /-(left|right)$/.test(frame.getActiveAnchor() ?? '');
  });
  frame.on('transformend', finish);

  /* Drawing a band on the empty canvas chooses what it touches. */
  const point = () => layer.getRelativePointerPosition();
  stage.on('mousedown', (event) => {
    if (event.target !== stage) return;
    start = point() ?? undefined;
  });
  stage.on('mousemove', () => {
    const at = start && point();
    if (!start || !at) return;
    band.setAttrs({
      visible: true,
      stroke: token('--accent'),
      strokeWidth: 1 / (scene?.scale ?? 1),
      x: Math.min(start.x, at.x),
      y: Math.min(start.y, at.y),
      width: Math.abs(at.x - start.x),
      height: Math.abs(at.y - start.y),
    });
  });
  const released = () => {
    if (!start || !scene) return;
    const area = { x: band.x(), y: band.y(), width: band.width(), height: band.height() };
    const drawn = band.visible() && area.width + area.height > 6;
    start = undefined;
    band.setAttrs({ visible: false, width: 0, height: 0 });
    const touched = (piece: Piece) =>
      piece.x < area.x + area.width && piece.x + piece.width > area.x && piece.y < area.y + area.height && piece.y + piece.height > area.y;
    hooks.select(drawn ? scene.design.layers.flatMap((piece, id) => (!piece.hidden && !piece.locked && touched(piece) ? [id] : [])) : []);
  };
  window.addEventListener('mouseup', released);
  stage.on('tap', (event) => {
    if (event.target === stage) hooks.select([]);
  });

  return {
    draw,
    close() {
      window.removeEventListener('mouseup', released);
      stage.destroy();
    },
  };
}
