/* document.ts: files that staff send: which kinds there are, what one weighs, and the way up with its progress. */
import { ApiError, upload } from '@api/client';
import type { Document } from '@api/types';
import { below } from './session';
import { t } from './words';

export const KINDS = ['pdf', 'docx', 'xlsx', 'pptx', 'txt', 'csv', 'zip', 'mp3', 'mp4'];
const MOST = 20 << 20;

export const extension = (name: string): string => (/\.([^.]{1,9})$/.exec(name)?.[1] ?? '').toLowerCase();

export function weight(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1 << 20 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;
}

/* Why it cannot be sent, before it is on its way; or nothing. */
export function refuse(file: File): string {
  if (!KINDS.includes(extension(file.name))) return t('file.kind');
  if (!file.size) return t('file.empty');
  return file.size > MOST ? t('file.large', { size: weight(file.size) }) : '';
}

/* `part`: how much of it is there, 0 to 1. Cut off by `signal`, it ends with undefined. */
export async function send(file: File, part: (done: number) => void, signal: AbortSignal): Promise<Document | undefined> {
  const body = new FormData();
  const kind = extension(file.name);
  body.set('name', file.name.slice(0, -(kind.length + 1)).slice(0, 70) + '.' + kind);
  body.set('file', file);
  try {
    return await upload<Document>(below('/documents'), body, part, signal);
  } catch (cause) {
    if (signal.aborted) return undefined;
    throw cause instanceof ApiError ? cause : new ApiError(0, 'page', t('error.page'));
  }
}
