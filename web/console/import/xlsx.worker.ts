/* xlsx.worker.ts: a spreadsheet becomes a CSV, beside the page, which stays alive meanwhile. */
import readXlsxFile from 'read-excel-file/universal';

type Cell = string | number | boolean | Date | null | undefined;

const two = (n: number) => String(n).padStart(2, '0');

/* A day without a time of day is a day. */
function day(at: Date): string {
  const date = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  return time === '00:00' ? date : `${date} ${time}`;
}

function text(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof Date) return day(cell);
  const plain = String(cell);
  return /[",\n\r]/.test(plain) || plain !== plain.trim() ? `"${plain.replace(/"/g, '""')}"` : plain;
}

export interface Made {
  csv?: Blob;
  sheets?: number;
  wrong?: string;
}

self.onmessage = async (event: MessageEvent<File>) => {
  try {
    const sheets = await readXlsxFile(event.data);
    const rows = (sheets[0]?.data ?? []) as unknown as Cell[][];
    const parts: string[] = ['\ufeff'];
    for (let at = 0; at < rows.length; at += 2000)
      parts.push(rows.slice(at, at + 2000).map((row) => row.map(text).join(',')).join('\r\n') + '\r\n');
    self.postMessage({ csv: new Blob(parts, { type: 'text/csv' }), sheets: sheets.length } satisfies Made);
  } catch (cause) {
    self.postMessage({ wrong: String(cause) } satisfies Made);
  }
};
