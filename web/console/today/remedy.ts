/* remedy.ts: what a warning says in words, where one goes to put it right, and what the button there says. */
import { api } from '@api/client';
import type { Alert } from '@api/types';
import { act } from '@/lib/say';
import { below, place } from '@/lib/session';
import { now, until, when } from '@/lib/time';
import { t } from '@/lib/words';

export interface Told {
  title: string;
  text: string;
  remedy: string;
  to: string;
}

export function tell(one: Alert): Told {
  const at = (path: string) => `/c/${place.value}/${path}`;
  const words = {
    code: one.title,
    target: one.more || one.title,
    n: one.n,
    perDay: one.per_day,
    when: when(one.due_at),
    until: until(one.due_at),
  };
  const code = at(`codes/${one.subject_id}?part=targets`);
  /* The level says how soon; whether it has happened, only the clock says. */
  const late = one.level === 'late';
  const past = Boolean(one.due_at && one.due_at <= now.value);
  switch (one.kind) {
    case 'child_fills':
      return {
        title: t(past ? 'alert.filled' : 'alert.fills', words),
        text: t(past ? 'alert.filledText' : 'alert.fillsText', words),
        remedy: t('remedy.livecode'),
        to: code,
      };
    case 'qr_expires':
      return {
        title: t(late ? 'alert.qrExpired' : 'alert.qrExpires', { ...words, target: one.title }),
        text: t(past ? 'alert.qrExpiredText' : late ? 'alert.qrSoonText' : 'alert.qrExpiresText', {
          ...words,
          code: one.more,
        }),
        remedy: t('remedy.group'),
        to: at(`groups?open=${one.subject_id}`),
      };
    case 'child_expires':
      return {
        title: t(past ? 'alert.childExpired' : 'alert.childExpires', words),
        text: t('alert.childExpiresText', words),
        remedy: t('remedy.livecode'),
        to: code,
      };
    case 'code_dry':
      return { title: t('alert.dry', words), text: t('alert.dryText', words), remedy: t('remedy.livecode'), to: code };
    case 'report':
      return {
        title: t('alert.report', words),
        text: one.more || t('alert.reportText', words),
        remedy: t('remedy.other'),
        to: at(`codes/${one.subject_id}`),
      };
    case 'community_ends':
      return {
        title: t('alert.ends', words),
        text: t('alert.endsText', words),
        remedy: t('closed.extend'),
        to: at('settings/card'),
      };
    case 'automation_stopped':
      return {
        title: t('alert.automationStopped', words),
        text: t('alert.automationStoppedText'),
        remedy: t('remedy.automation'),
        to: at(`automations/${one.subject_id}`),
      };
    case 'automation_notice':
      return { title: one.title, text: one.more, remedy: t('remedy.automation'), to: at(`automations/${one.subject_id}`) };
    case 'stock_low':
      return {
        title: t(one.level === 'late' ? 'alert.stockGone' : 'alert.stockLow', words),
        text: t('alert.stockLowText'),
        remedy: t('remedy.stock'),
        to: at(`campaigns/${one.subject_id}?part=form`),
      };
    case 'campaign_ended':
      return {
        title: t('alert.campaignEnded', words),
        text: t('alert.campaignEndedText'),
        remedy: t('remedy.result'),
        to: at(`campaigns/${one.subject_id}?part=result`),
      };
    case 'send_overdue':
      return {
        title: t('alert.overdue', words),
        text: t('alert.overdueText', words),
        remedy: t('sheet.go'),
        to: at(`runsheet?group=${one.subject_id}`),
      };
    case 'doctor':
      return {
        title: t('alert.doctor', words),
        text: one.more,
        remedy: t('remedy.doctor'),
        to: at(one.subject_id && one.subject_id !== '0' ? `channels?open=${one.subject_id}` : 'settings/doctor'),
      };
    case 'doctor_well':
      return {
        title: t('alert.doctorWell', words),
        text: t('alert.doctorWellText', words),
        remedy: t('remedy.doctor'),
        to: at('settings/doctor'),
      };
    case 'report_room':
      return {
        title: t('alert.reportRoom', words),
        text: one.more || t('alert.reportText', words),
        remedy: t('remedy.group'),
        to: at(`groups?open=${one.subject_id}`),
      };
    case 'report_task':
      return {
        title: t('alert.reportTask', words),
        text: one.more || t('alert.reportText', words),
        remedy: t('remedy.other'),
        to: at(`campaigns/${one.subject_id}`),
      };
    default:
      return { title: one.title, text: one.more, remedy: t('remedy.other'), to: at('today') };
  }
}

export async function dismiss(one: Alert, done: () => void): Promise<void> {
  if (await act(() => api.post(below(`/alerts/${one.id}/close`)), t('today.dismissed'))) done();
}
