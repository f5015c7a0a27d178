/* card.ts: what this page looks like when it is passed on inside WeChat, and who is looking.
 *
 * Story      A member opens the page in WeChat. Where the community has connected a 公众号, the platform's own script is loaded
 *            and told the title, the sentence and the picture of the card; without one, the page does without.
 * Not here   Whether anybody passed it on: the page never asks (guardrail G1). The server answers who may be recognised and
 *            how (channel/mp/sign.c); a visitor who is unknown is sent there once a day at most.
 * Holds      Nothing waits for it, and no failure of it is shown. The page is not pulled away under a hand: who has tapped or typed
 *            before the answer came stays, and is recognised the next time.
 */

export interface Card {
  title: string;
  text: string;
  link: string; /* empty: this page */
  picture: string; /* path or address */
}

interface Signed {
  appid?: string;
  nonce?: string;
  signature?: string;
  timestamp?: number;
  sign_in?: string;
}

interface Platform {
  config(options: object): void;
  ready(then: () => void): void;
  updateAppMessageShareData(card: object): void;
  updateTimelineShareData(card: object): void;
}

let begun = false; /* somebody does something here */
for (const what of ['pointerdown', 'keydown', 'input']) document.addEventListener(what, () => (begun = true), { capture: true, once: true });

const SCRIPT = 'https://res.wx.qq.com/open/js/jweixin-1.6.0.js';
const whole = (path: string) => (path && path[0] === '/' ? location.origin + path : path);

function say(platform: Platform, signed: Signed, card: Card): void {
  platform.config({
    debug: false,
    appId: signed.appid,
    timestamp: signed.timestamp,
    nonceStr: signed.nonce,
    signature: signed.signature,
    jsApiList: ['updateAppMessageShareData', 'updateTimelineShareData'],
  });
  platform.ready(() => {
    const told = { title: card.title, desc: card.text, link: card.link || location.href.split('#')[0], imgUrl: whole(card.picture) };
    platform.updateAppMessageShareData(told);
    platform.updateTimelineShareData({ title: told.title, link: told.link, imgUrl: told.imgUrl });
  });
}

export async function dress(community: string, card: Card): Promise<void> {
  if (!community || navigator.userAgent.indexOf('MicroMessenger/') < 0) return;
  try {
    const here = location.href.split('#')[0];
    const reply = await fetch(`/api/w/${community}/card?url=${encodeURIComponent(here)}`);
    if (!reply.ok) return;
    const signed = (await reply.json()) as Signed;
    if (signed.sign_in && !begun) {
      location.replace(signed.sign_in);
      return;
    }
    if (!signed.appid) return;
    const script = document.createElement('script');
    script.src = SCRIPT;
    script.onload = () => {
      const platform = (window as unknown as { wx?: Platform }).wx;
      if (platform) say(platform, signed, card);
    };
    document.head.appendChild(script);
  } catch {
    /* the page is whole without it */
  }
}
