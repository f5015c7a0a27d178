/* session.ts: who is signed in, in which community they stand, and what they like to look at. */
import { computed, ref, shallowRef, watch } from 'vue';
import { api, ApiError, guard } from '@api/client';
import type { Community, Lang, Role, Session, Theme } from '@api/types';
import { zone } from './time';
import { lang } from './words';

export const session = shallowRef<Session>();
export const community = shallowRef<Community>(); /* the card of the one we stand in */
export const missing = shallowRef<ApiError>(); /* why it could not be opened */
export const recent = ref((localStorage.getItem('quntu.recent') ?? '').split(' ').filter(Boolean)); /* visited, latest first */
export const place = ref(''); /* its id, from the address */

export const theme = ref<Theme>((localStorage.getItem('quntu.theme') as Theme | null) ?? 'auto');
const system = matchMedia('(prefers-color-scheme: dark)');
const systemDark = ref(system.matches);
system.addEventListener('change', (event) => {
  systemDark.value = event.matches;
});
export const dark = computed(() => theme.value === 'dark' || (theme.value === 'auto' && systemDark.value));

watch(
  [dark, theme],
  () => {
    document.documentElement.dataset.theme = dark.value ? 'dark' : 'light';
    localStorage.setItem('quntu.theme', theme.value);
  },
  { immediate: true },
);

export async function openSession(): Promise<Session> {
  const found = await api.get<Session>('/session');
  session.value = found;
  guard.csrf = found.csrf;
  lang.value = found.lang;
  theme.value = found.theme;
  return found;
}

export function closeSession(): void {
  session.value = undefined;
  community.value = undefined;
  guard.csrf = '';
}

export async function enter(id: string): Promise<void> {
  place.value = id;
  localStorage.setItem('quntu.community', id);
  recent.value = [id, ...recent.value.filter((one) => one !== id)].slice(0, 50);
  localStorage.setItem('quntu.recent', recent.value.join(' '));
  community.value = undefined;
  missing.value = undefined;
  const card = await api.get<Community>(`/c/${id}/community`).catch((cause: unknown) => {
    if (place.value === id && cause instanceof ApiError) missing.value = cause;
    throw cause;
  });
  if (place.value !== id) return;
  community.value = card;
  zone.value = card.timezone || 'Asia/Shanghai';
}

/* The community to open when the address names none. */
export function homeOf(found: Session): string {
  const kept = localStorage.getItem('quntu.community');
  return found.communities.find((one) => one.id === kept)?.id ?? found.communities[0]?.id ?? '';
}

/* Paths of the API and of the console below the community we stand in. */
export const below = (path: string) => `/c/${place.value}${path}`;

/* As the server orders them: host and reviewer are readers, and what a page opens to them besides. */
const order: Role[] = ['reader', 'host', 'reviewer', 'operator', 'admin', 'owner'];
export const role = computed<Role>(
  () => session.value?.communities.find((one) => one.id === place.value)?.role ?? 'reader',
);
export const may = (least: Role, also?: Role) => order.indexOf(role.value) >= order.indexOf(least) || role.value === also;

/* Remember what an account likes; the page does not wait for it. */
export function prefer(change: Partial<{ lang: Lang; theme: Theme }>): void {
  if (change.lang) lang.value = change.lang;
  if (change.theme) theme.value = change.theme;
  const me = session.value;
  if (!me) return;
  session.value = { ...me, ...change };
  api.put('/account', { display: me.display, lang: lang.value, theme: theme.value }).catch(() => {});
}
