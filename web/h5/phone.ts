/* phone.ts: what surrounds the page: WeChat or not, its close button, the clipboard, the asides of the history. */
import { ref } from 'vue';

interface Bridge {
  call(name: string): void;
}
const bridge = () => (window as unknown as { WeixinJSBridge?: Bridge }).WeixinJSBridge;

/* Hints only, never access: anybody can claim to be WeChat. */
export const inWeChat = /MicroMessenger\//i.test(navigator.userAgent);
export const onPhone = /Mobi|Android|iPhone|iPad/i.test(navigator.userAgent);

export const canClose = ref(!!bridge());
if (inWeChat)
  document.addEventListener('WeixinJSBridgeReady', () => {
    canClose.value = true;
  });
export function closePage(): void {
  bridge()?.call('closeWindow');
}

export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    /* plain http, or iOS 12 */
    const area = document.createElement('textarea');
    area.value = text;
    area.readOnly = true;
    area.className = 'offstage';
    document.body.appendChild(area);
    area.select();
    area.setSelectionRange(0, text.length);
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

/* ---- Asides: rules, help … are places in the history, so the phone's back button leaves them. ---- */

const ASIDES = [
  'rules', 'help', 'report', 'joined', 'again', 'profile', 'phone', 'group', 'data', 'erase', 'claim', 'prize', 'friends', 'appeal',
  'fair', 'entry', 'payout',
  'people', 'person', 'mine', 'pins', 'notices',
] as const;
export type Aside = '' | (typeof ASIDES)[number];
const named = (hash: string): Aside => ASIDES.filter((one) => '#' + one === hash)[0] || '';

export const aside = ref<Aside>(named(location.hash));
window.addEventListener('popstate', () => {
  aside.value = named(location.hash);
});

export function openAside(name: Aside): void {
  history.pushState({ aside: name }, '', '#' + name);
  aside.value = name;
}
export function closeAside(): void {
  if (!aside.value) return;
  aside.value = '';
  if (history.state && history.state.aside) history.back();
  else history.replaceState(null, '', location.pathname + location.search);
}
