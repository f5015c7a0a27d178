/* when.ts: clocks that tell the truth.
 *
 * A phone's clock may be minutes wrong, and "opens in 02:00" must not lie, so time is the server's: the page's `now`,
 * corrected by the Date header of every later answer. Day and hour are shown as the phone's owner counts them.
 */
import { onUnmounted, ref, type Ref } from 'vue';
import type { Instant } from './page';
import { lang, say } from './words';

let ahead = 0; /* server minus phone, ms */

export function clockHeard(server: Instant): void {
  if (server) ahead = server - Date.now();
}

export const now = (): Instant => Date.now() + ahead;

/* Ticks each second while the component lives. */
export function useNow(): Ref<Instant> {
  const at = ref(now());
  const timer = setInterval(() => {
    at.value = now();
  }, 1000);
  onUnmounted(() => clearInterval(timer));
  return at;
}

const two = (n: number) => (n < 10 ? '0' : '') + n;

function dayOf(at: Date): number {
  return Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / 86400000;
}

/* 今天 20:00, 12 月 1 日 周一 20:00 */
export function moment(at: Instant): string {
  const date = new Date(at),
    today = new Date(now());
  const clock = `${date.getHours()}:${two(date.getMinutes())}`;
  const away = dayOf(date) - dayOf(today);
  if (away === 0) return say('today_at', { clock });
  if (away === 1) return say('tomorrow_at', { clock });
  const year = date.getFullYear() === today.getFullYear() ? '' : date.getFullYear();
  if (lang.value === 'zh') {
    const weekday = '日一二三四五六'[date.getDay()];
    return `${year ? `${year} 年 ` : ''}${date.getMonth() + 1} 月 ${date.getDate()} 日 周${weekday} ${clock}`;
  }
  const weekday = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][date.getDay()];
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][date.getMonth()];
  return `${weekday} ${date.getDate()} ${month}${year ? ` ${year}` : ''}, ${clock}`;
}

export interface Span {
  days: number;
  hours: string;
  minutes: string;
  seconds: string;
}

export function span(ms: number): Span {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return {
    days: Math.floor(s / 86400),
    hours: two(Math.floor(s / 3600) % 24),
    minutes: two(Math.floor(s / 60) % 60),
    seconds: two(s % 60),
  };
}

/* How long somebody set it to be: no seconds, nothing that is none. */
export function spellMinutes(n: number): string {
  const d = Math.floor(n / 1440),
    h = Math.floor(n / 60) % 24,
    m = n % 60;
  return [d ? say('n_days', { n: d }) : '', h ? say('n_hours', { n: h }) : '', m || !n ? say('n_minutes', { n: m }) : ''].filter(Boolean).join(' ');
}

/* 1 天 3 小时, 5 小时 12 分, 12 分 30 秒: two units, as one says it. */
export function spell(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const d = Math.floor(s / 86400),
    h = Math.floor(s / 3600) % 24,
    m = Math.floor(s / 60) % 60;
  if (d) return say('days_hours', { d, h });
  if (h) return say('hours_minutes', { h, m });
  return say('minutes_seconds', { m, s: s % 60 });
}
