/* words.ts: the sentences that several member pages share, in both languages; each page has its own beside it.
 *
 * Chinese first, as an operator would say it to a member; English likewise, not translated word by word. A sentence
 * says what happened, why, and what to do next. {name} is filled in.
 */
import { ref } from 'vue';

const zh = {
  today_at: '今天 {clock}',
  tomorrow_at: '明天 {clock}',
  n_days: '{n} 天',
  n_hours: '{n} 小时',
  n_minutes: '{n} 分钟',
  days_hours: '{d} 天 {h} 小时',
  hours_minutes: '{h} 小时 {m} 分',
  minutes_seconds: '{m} 分 {s} 秒',
  days: '天',
  hours: '时',
  minutes: '分',
  seconds: '秒',

  offline: '网络断了，正在重试',
  crowded: '服务器正忙，正在重试',
  gave_up: '网络一直没有恢复，这一步还没办成。请检查网络后再点一次，不会重复提交。',
  went_wrong: '刚才没有办成，问题在我们这边。请稍后再试一次。',
  back: '返回',
  retry: '重试',
  copy: '复制',
  copied: '已复制',
  optional: '选填',
  required: '这一项要填',
  pick_one: '请选一项',
  phone_wrong: '手机号好像不对，请再看看',

  report: '举报',
  mine: '我的',

  qr_of: '{title} 的二维码',
  qr_broken: '二维码没有加载出来',
  qr_again: '重新加载',

  picture_broken: '这张图片打不开，请换一张（PNG 或 JPEG）',

  error: '页面没有打开',
  error_why: '问题在我们这边，不在你的手机。过几秒再试一次。',

  report_title: '举报',
  report_more: '补充说明',
  report_send: '提交举报',
  report_done: '收到了，谢谢',
  report_done_why: '我们会尽快核实处理。',
};

export type Word = keyof typeof zh;

const en: Record<Word, string> = {
  today_at: 'today {clock}',
  tomorrow_at: 'tomorrow {clock}',
  n_days: '{n} day|{n} days',
  n_hours: '{n} hour|{n} hours',
  n_minutes: '{n} minute|{n} minutes',
  days_hours: '{d} d {h} h',
  hours_minutes: '{h} h {m} min',
  minutes_seconds: '{m} min {s} s',
  days: 'days',
  hours: 'h',
  minutes: 'min',
  seconds: 's',

  offline: 'Connection lost, trying again',
  crowded: 'The server is busy, trying again',
  gave_up: 'The connection has not come back, so this is not done yet. Check it and tap again; nothing is sent twice.',
  went_wrong: 'That did not work, and the fault is ours. Please try again in a moment.',
  back: 'Back',
  retry: 'Try again',
  copy: 'Copy',
  copied: 'Copied',
  optional: 'optional',
  required: 'Please fill this in',
  pick_one: 'Please pick one',
  phone_wrong: 'That does not look like a phone number',

  report: 'Report',
  mine: 'My page',

  qr_of: 'QR code of {title}',
  qr_broken: 'The QR code did not load',
  qr_again: 'Load again',

  picture_broken: 'This picture cannot be opened; choose another (PNG or JPEG)',

  error: 'The page did not open',
  error_why: 'The fault is ours, not your phone’s. Try again in a few seconds.',

  report_title: 'Report',
  report_more: 'Tell us more',
  report_send: 'Send the report',
  report_done: 'Got it, thank you',
  report_done_why: 'We will look into it soon.',
};

export const lang = ref<'zh' | 'en'>('zh');

export type Fill = Record<string, string | number>;

/* Of "one|many" what {n} asks for, with everything filled in. */
export function filled(text: string, fill: Fill): string {
  const forms = text.split('|');
  const form = 'n' in fill && forms.length > 1 ? forms[fill.n === 1 ? 0 : 1] : text;
  return form.replace(/\{(\w+)\}/g, (_, name) => String(fill[name]));
}

export function say(word: Word, fill: Fill = {}): string {
  return filled((lang.value === 'en' ? en : zh)[word], fill);
}
