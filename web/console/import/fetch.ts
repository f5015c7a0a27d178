/* fetch.ts: a file that the server gives in parts becomes one file on the operator's disk. */
import { address, ApiError, guard } from '@api/client';

async function part(path: string, query: Record<string, number>): Promise<Blob> {
  const reply = await fetch(address(path, query), {
    credentials: 'same-origin',
    headers: { 'Accept-Language': guard.lang },
  }).catch(() => undefined);
  if (!reply) throw new ApiError(0, 'offline', guard.offline());
  if (reply.ok) return reply.blob();
  const told = (await reply.json().catch(() => ({}))) as { error?: { code?: string; message?: string } };
  throw new ApiError(reply.status, told.error?.code ?? '', told.error?.message ?? `HTTP ${reply.status}`);
}

export async function fetchParts(path: string, parts: number, name: string, type: string): Promise<void> {
  const all: Blob[] = [];
  for (let n = 0; n < parts; n++) all.push(await part(path, { part: n }));
  const url = URL.createObjectURL(new Blob(all, { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
