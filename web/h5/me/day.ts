/* day.ts: a day as one writes it: 2026 年 11 月 22 日, 22 Nov 2026. */
import type { Instant } from '../page';
import { lang } from '../words';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function day(at: Instant): string {
  const date = new Date(at);
  if (lang.value === 'en') return `${date.getDate()} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
  return `${date.getFullYear()} 年 ${date.getMonth() + 1} 月 ${date.getDate()} 日`;
}
