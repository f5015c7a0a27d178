/* picture.ts: where a stored picture is fetched from. */
import { address } from '@api/client';
import { below } from './session';

export function picture(file: string): string {
  return file.startsWith('/') || file.startsWith('data:') ? file : address(below(`/files/${file}`));
}
