/* main.ts: the member's own page (我的): my groups, what I agreed to, what is kept about me, take it, erase it.
 *
 * Story      From the landing page a tap on 我的. The page arrives whole; groups and vouchers follow a moment later.
 * Not here   Joining anything, sharing, anything that moves by itself.
 * Holds      As the landing page (../main.ts): Chromium 86 and iOS 12, 90 KB, no inline script or style.
 *            Nothing here is asked for before it is needed; what cannot be taken back is typed, not tapped.
 * Test       web/journeys/passport.spec.ts.
 */
import { createApp } from 'vue';
import '../../tokens.css';
import 'tdesign-mobile-vue/es/button/style/css.mjs';
import '../h5.css';
import './me.css';
import { wear } from '../colour';
import { own } from './line';
import Me from './Me.vue';

wear(own.value.community.colour);
createApp(Me).mount('#app');
