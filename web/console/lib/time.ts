/* time.ts: instants as people in the community's time zone read them. */
import { ref } from 'vue';
import { lang, t } from './words';

export const zone = ref('Asia/Shanghai');
export const now = ref(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 30_000);

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

function format(ms: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(lang.value === 'zh' ? 'zh-CN' : 'en-GB', { timeZone: zone.value, ...options }).format(
    ms,
  );
}

/* "2026-11-21 14:05" in the zone: what pickers and comparisons of days need. */
export function wall(ms: number): string {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone.value,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).format(ms);
}

/* The other way: what instant does this wall clock show? Two steps, because the offset depends on the answer. */
export function fromWall(text: string): number | null {
  const utc = Date.parse(text.replace(' ', 'T') + (text.length > 10 ? ':00Z' : 'T00:00:00Z'));
  if (Number.isNaN(utc)) return null;
  const shown = (ms: number) => Date.parse(wall(ms).replace(' ', 'T') + ':00Z');
  const first = utc - (shown(utc) - utc);
  return first - (shown(first) - utc);
}

export const clock = (ms: number) => format(ms, { hour: '2-digit', minute: '2-digit', hour12: false });
export const date = (ms: number) => format(ms, { year: 'numeric', month: 'short', day: 'numeric' });
export const weekday = (ms: number) => format(ms, { weekday: 'short' });
export const longDay = (ms: number) => format(ms, { month: 'long', day: 'numeric', weekday: 'long' });
export const monthDay = (day: string) => `${Number(day.slice(5, 7))}/${Number(day.slice(8, 10))}`;

/* "14:05" today, "昨天 14:05", "明天 09:00", otherwise the day and the clock. */
export function when(ms: number | null | undefined): string {
  if (!ms) return '—';
  const far = Math.round((Date.parse(wall(ms).slice(0, 10)) - Date.parse(wall(now.value).slice(0, 10))) / DAY);
  if (far === 0) return t('time.today', { clock: clock(ms) });
  if (far === -1) return t('time.yesterday', { clock: clock(ms) });
  if (far === 1) return t('time.tomorrow', { clock: clock(ms) });
  const sameYear = wall(ms).slice(0, 4) === wall(now.value).slice(0, 4);
  return format(ms, { ...(sameYear ? {} : { year: 'numeric' }), month: 'short', day: 'numeric' }) + ' ' + clock(ms);
}

export function spanOf(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 60) return t('time.minutes', { n: minutes });
  if (minutes < 60 * 48) return t('time.hours', { n: Math.round(minutes / 60) });
  return t('time.days', { n: Math.round(minutes / 1440) });
}

export function until(ms: number | null | undefined): string {
  if (!ms) return '—';
  return ms > now.value ? t('time.in', { span: spanOf(ms - now.value) }) : t('time.past', { span: spanOf(now.value - ms) });
}

export function ago(ms: number | null | undefined): string {
  if (!ms) return '—';
  return now.value - ms < 60_000 ? t('time.justnow') : t('time.ago', { span: spanOf(now.value - ms) });
}
