/* picture.ts: where a stored picture is fetched from: an address as it is, a key under /f/. */
export function picture(file: string): string {
  return file.includes('/') ? file : `/f/${file}`;
}
