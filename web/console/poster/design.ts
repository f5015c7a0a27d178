/* design.ts: a design on the desk: its shape, new layers, and the way back. */
import { computed, shallowRef, type Ref } from 'vue';
import type { Poster, PosterLayer } from '@api/types';
import { t, type Key } from '@/lib/words';

/* A layer as the server answers it: everything is there. */
export type Piece = { [K in keyof PosterLayer]-?: NonNullable<PosterLayer[K]> };
export type Kind = Piece['kind'];

export interface Design {
  name: string;
  width: number;
  height: number;
  background: string;
  art: string;
  accent: string;
  layers: Piece[];
  version: number;
}

export const LAYERS_MAX = 40;
export const CODE_MIN = 120;
export const ARTS = ['none', 'dawn', 'spark', 'night', 'paper', 'gold'] as const;
export const ELEMENTS = ['who', 'headline', 'outline', 'endorsement', 'urgency', 'value'] as const;
export const VARIABLES = ['nickname', 'group', 'community', 'days', 'number', 'campaign', 'prize', 'left', 'date', 'ends', 'until', 'asks', 'gain', 'how', 'also', 'act'] as const;
export const SIZES = [
  { word: 'poster.size.tall', width: 750, height: 1334 },
  { word: 'poster.size.story', width: 1080, height: 1920 },
  { word: 'poster.size.square', width: 1080, height: 1080 },
  { word: 'poster.size.card', width: 900, height: 1200 },
] as const satisfies readonly { word: Key; width: number; height: number }[];

export function designOf(p: Poster): Design {
  const { name, width, height, layers, version } = p;
  return {
    name,
    width,
    height,
    background: p.background ?? '',
    art: p.art || 'none',
    accent: p.accent ?? '',
    layers: JSON.parse(JSON.stringify(layers)) as Piece[],
    version: version ?? 0,
  };
}

const plain: Omit<Piece, 'kind' | 'x' | 'y' | 'width' | 'height'> = {
  name: '',
  element: 'none',
  opacity: 100,
  rotation: 0,
  hidden: false,
  locked: false,
  text: '',
  font: 'sans',
  bold: false,
  size: 0,
  line_height: 130,
  max_lines: 1,
  align: 'left',
  colour: '#1d2524',
  light: '#ffffff',
  shape: 'square',
  level: 'M',
  quiet: 4,
  picture: '',
};

/* A new layer in the middle of the canvas, as large as it is useful. */
export function newPiece(kind: Kind, design: Design, font: 'sans' | 'serif'): Piece {
  const unit = design.width / 750;
  const side = Math.round((kind === 'qr' ? 240 : kind === 'avatar' ? 120 : 300) * unit);
  const width = kind === 'text' ? Math.round(560 * unit) : side;
  const height = kind === 'text' ? Math.round(60 * unit) : side;
  return {
    ...plain,
    kind,
    x: Math.round((design.width - width) / 2),
    y: Math.round((design.height - height) / 2),
    width,
    height,
    ...(kind === 'text' ? { text: t('poster.newText'), size: Math.round(40 * unit), font } : {}),
    ...(kind === 'avatar' ? { shape: 'round' as const, element: 'who' as const } : {}),
    ...(kind === 'qr' ? { colour: '#000000' } : {}),
  };
}

/* What a layer is called: its own name, its words, or its kind. */
export function pieceName(piece: Piece): string {
  const words = piece.kind === 'text' ? piece.text.replace(/\s+/g, ' ').trim() : '';
  return piece.name || words || t(`poster.kind.${piece.kind}`);
}

/* Undo and redo: whole designs as text. They are small, and nothing can be forgotten. */
export interface Trail {
  canUndo: Ref<boolean>;
  canRedo: Ref<boolean>;
  note: () => void; /* something was done: remember where it was */
  undo: () => void;
  redo: () => void;
  begin: () => void; /* another design: no way back from here */
}

const STEPS = 100;

export function useTrail(design: Ref<Design | undefined>, moved: () => void): Trail {
  const past = shallowRef<string[]>([]);
  const future = shallowRef<string[]>([]);
  let now = '';

  const text = () => JSON.stringify(design.value);
  function go(from: Ref<string[]>, to: Ref<string[]>): void {
    const there = from.value[from.value.length - 1];
    if (!there) return;
    from.value = from.value.slice(0, -1);
    to.value = [...to.value, now];
    const version = design.value?.version ?? 0;
    now = there;
    design.value = { ...(JSON.parse(there) as Design), version };
    moved();
  }
  return {
    canUndo: computed(() => past.value.length > 0),
    canRedo: computed(() => future.value.length > 0),
    note() {
      if (text() === now) return;
      past.value = [...past.value, now].slice(-STEPS);
      future.value = [];
      now = text();
      moved();
    },
    undo: () => go(past, future),
    redo: () => go(future, past),
    begin() {
      past.value = [];
      future.value = [];
      now = text();
    },
  };
}
