/* main.ts: the member's page, opened from a QR code inside WeChat, met for twenty seconds.
 *
 * Story      A phone scans a live code. The server answers with a whole page: a heading, a sentence, the QR picture.
 *            This script then takes the page over: gates, countdowns, the waiting list, "I have joined".
 * Not here   Staff work of any kind, sharing, anything that moves by itself.
 * Holds      One purpose a page and one big button. Nothing covers the QR picture, which is a plain <img>. No inline
 *            script or style. Works on Chromium 86 and iOS 12. First load at most 90 KB gzipped (check.mjs).
 * Body       Without or before the script the server's own HTML inside #app is the page. It uses these classes:
 *            <div class="page look-plain"><header class="head"><div class="who"><h1>…</h1><p>…</p></div></header>
 *            <main class="main"><ul class="give"><li>…</li></ul>
 *            <figure class="qr"><img src="…" width="300" height="300" alt="…"></figure>
 *            <p class="hint"><b>长按二维码</b>，识别后加入</p></main></div>
 *            and, where there is no QR, <div class="state"><h2>…</h2><p>…</p></div> inside <main>.
 * Test       npm run build:h5 checks syntax and size; the pictures of every view are looked at by eye.
 */
import { createApp } from 'vue';
import '../tokens.css';
import 'tdesign-mobile-vue/es/button/style/css.mjs';
import './h5.css';
import App from './App.vue';
import { dress } from './card';
import { wear } from './colour';
import { page } from './line';

wear(page.value.community.colour);
createApp(App).mount('#app');
void dress(page.value.community.id, {
  title: page.value.code.title || page.value.community.name,
  text: page.value.community.slogan,
  link: '',
  picture: page.value.code.avatar || page.value.community.logo,
});
