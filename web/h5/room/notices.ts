/* notices.ts: what is said to me alone on the page of my rooms: asked for when the page is opened, and when somebody comes back to it. */
import { computed, onMounted, onUnmounted, ref } from 'vue';
import { instant, list, part, text, type Instant } from '../page';
import { attempt, look } from '../wire';
import { base, room } from './line';

export interface Notice {
  id: string;
  text: string;
  path: string;
  at: Instant;
  seen: boolean;
}
export const notices = ref<Notice[]>([]);
export const unseen = computed(() => notices.value.filter((one) => !one.seen).length);

function asNotice(raw: unknown): Notice {
  const it = part(raw),
    path = text(it.path);
  return { id: text(it.id), text: text(it.text), path: /^\/t\/\w+$/.test(path) ? path : '', at: instant(it.at), seen: !!it.seen };
}

async function ask(): Promise<void> {
  if (document.hidden || room.value.view !== 'in') return;
  try {
    const { body } = await attempt(base() + '/notices', look());
    if (body) notices.value = list(body.items).map(asNotice);
  } catch {
    /* with the next look */
  }
}

export function useNotices(): void {
  onMounted(() => {
    ask();
    document.addEventListener('visibilitychange', ask);
  });
  onUnmounted(() => document.removeEventListener('visibilitychange', ask));
}

export async function noticesSeen(): Promise<void> {
  if (!unseen.value) return;
  const init = {
    method: 'POST',
    credentials: 'same-origin' as const,
    headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-Quntu-CSRF': room.value.csrf },
    body: JSON.stringify({ id: notices.value[0].id }),
  };
  try {
    await attempt(base() + '/notices', init);
    notices.value = notices.value.map((one) => ({ ...one, seen: true }));
  } catch {
    /* the mark stays */
  }
}
