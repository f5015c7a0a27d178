/* main.ts: a lottery's page: the wheel, one's chances, what was won, and why it can be believed.
 *
 * Story      Lin opens the link, leaves a name, taps. The result is the server's and is there before the wheel stops; the wheel
 *            only shows it. If the line breaks meanwhile, the same tap is sent again and gives the same result. What she won
 *            stands below with its code or asks for an address. Everything that was promised stands there before she taps.
 * How        Data, acts and news are those of campaign pages (../task/line.ts); here is what a lottery adds.
 * Holds      As ../task/main.ts.
 * Test       web/journeys/lottery.spec.ts.
 */
import { createApp } from 'vue';
import '../../tokens.css';
import 'tdesign-mobile-vue/es/button/style/css.mjs';
import '../h5.css';
import '../task/task.css';
import './draw.css';
import { wear } from '../colour';
import { task } from '../task/line';
import Lottery from './Lottery.vue';

wear(task.value.community.colour);
createApp(Lottery).mount('#app');
