/* remedy.ts: where one goes to put a warning right, and what the button says. */
import { place } from '@/lib/session';
import { t } from '@/lib/words';

export function remedy(subject: string, id: string, kind: string): { text: string; to: string } {
  const at = (path: string) => `/c/${place.value}/${path}`;
  if (kind.startsWith('application') || subject === 'application') return { text: t('remedy.application'), to: at('applications') };
  if (subject === 'livecode') return { text: t(/fill|full|target|empty/.test(kind) ? 'remedy.livecode' : 'remedy.other'), to: at(`codes/${id}${/fill|full|target|empty/.test(kind) ? '?part=children' : ''}`) };
  if (subject === 'group') return { text: t(/qr|expire/.test(kind) ? 'remedy.group' : /count/.test(kind) ? 'groups.count' : /stage/.test(kind) ? 'remedy.stage' : 'remedy.other'), to: at(`groups?open=${id}`) };
  if (subject === 'member') return { text: t('remedy.member'), to: at(`members?open=${id}`) };
  return { text: t('remedy.other'), to: at('today') };
}
