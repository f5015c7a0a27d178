/* upload.ts: a table goes to the server piece by piece, and goes on where it was when the line breaks.
 *
 * An upload lives as long as the tab, whatever page is shown; the server knows how far it came, so the same file chosen again
 * later goes on too. A spreadsheet is read here first, in a worker, and sent as the CSV that came of it. */
import { reactive } from 'vue';
import { api, ApiError } from '@api/client';
import type { Import } from '@api/types';
import { below } from '@/lib/session';
import type { Made } from './xlsx.worker';

export const FILE_MAX = 64 << 20;
const PIECE = 512 << 10;
const AGAIN = [1000, 2000, 4000, 8000, 15000];

export interface Upload {
  sent: number;
  size: number;
  broken: boolean; /* the line is; it is tried again */
  wrong?: ApiError;
}

export const uploads = reactive<Record<string, Upload>>({});

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

/* The first sheet. */
function readSheet(file: File): Promise<Blob> {
  return new Promise((done, fail) => {
    const worker = new Worker(new URL('./xlsx.worker.ts', import.meta.url), { type: 'module' });
    const end = (made: Made) => {
      worker.terminate();
      if (made.csv) done(made.csv);
      else fail(new Error(made.wrong));
    };
    worker.onmessage = (event: MessageEvent<Made>) => end(event.data);
    worker.onerror = (event) => end({ wrong: event.message });
    worker.postMessage(file);
  });
}

export type Trouble = 'large' | 'old' | 'kind' | 'sheet' | 'empty';

/* The bytes to send, or why they cannot be. */
export async function tableOf(file: File): Promise<Blob | Trouble> {
  const kind = file.name.toLowerCase().split('.').pop() ?? '';
  if (kind === 'xls' || kind === 'et') return 'old';
  if (!['csv', 'txt', 'tsv', 'xlsx'].includes(kind)) return 'kind';
  if (file.size > FILE_MAX) return 'large';
  if (kind !== 'xlsx') return file.size ? file : 'empty';
  const csv = await readSheet(file).catch(() => undefined);
  return !csv ? 'sheet' : csv.size > FILE_MAX ? 'large' : csv;
}

/* Begins, or finds what was begun with this file. */
export async function begin(file: File, table: Blob): Promise<Import> {
  const started = await api.post<Import>(below('/imports'), {
    name: file.name.slice(0, 120),
    size: table.size,
    stamp: file.lastModified,
  });
  void send(below(`/imports/${started.id}`), started, table);
  return started;
}

async function sendPiece(path: string, n: number, bytes: Blob): Promise<Import> {
  const body = new FormData();
  body.set('n', String(n));
  body.set('bytes', bytes, 'piece');
  return api.post<Import>(`${path}/pieces`, body);
}

async function send(path: string, from: Import, table: Blob): Promise<void> {
  if (uploads[from.id] && !uploads[from.id].wrong) return; /* it is on its way already */
  const upload = (uploads[from.id] = reactive<Upload>({ sent: from.received, size: table.size, broken: false }));
  let pieces = from.pieces,
    tries = 0;
  while (upload.sent < upload.size) {
    try {
      const told = await sendPiece(path, pieces, table.slice(upload.sent, upload.sent + PIECE));
      pieces = told.pieces;
      upload.sent = told.received;
      upload.broken = false;
      tries = 0;
      if (told.state !== 'uploading') break;
    } catch (cause) {
      if (!(cause instanceof ApiError) || (cause.status >= 400 && cause.status < 500)) {
        upload.wrong = cause instanceof ApiError ? cause : new ApiError(0, 'page', String(cause));
        return;
      }
      upload.broken = true;
      await wait(AGAIN[Math.min(tries++, AGAIN.length - 1)]);
    }
  }
  delete uploads[from.id];
}
