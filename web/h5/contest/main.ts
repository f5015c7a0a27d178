/* main.ts: a contest's page: the gallery, one entry with its votes, and handing in one's own.
 *
 * Story      Lin opens the link, looks through the cars, and hands in hers with two pictures. "We look at it first" stands there
 *            until it has passed; then her own page has a link for her friends. A friend opens it, sees the car, taps once.
 * How        Data, acts and news are those of campaign pages (../task/line.ts); here is what a contest adds.
 * Holds      As ../task/main.ts. A vote has a name of its own, so that a broken line does not vote twice.
 * Test       web/journeys/contest.spec.ts.
 */
import { createApp } from 'vue';
import '../../tokens.css';
import 'tdesign-mobile-vue/es/button/style/css.mjs';
import '../h5.css';
import '../task/task.css';
import './contest.css';
import { wear } from '../colour';
import { task } from '../task/line';
import Contest from './Contest.vue';

wear(task.value.community.colour);
createApp(Contest).mount('#app');
