/* main.ts: a campaign's page: a friend's link that asks for one tap, or one's own with the goals and prizes.
 *
 * Story      Lin's link opens in a chat: what it is, how many are missing, one button. Whoever likes it takes part with a
 *            name and has the same page with their own link. When somebody helps, both pages know within a second.
 * Not here   Anything that depends on having shared: the page never asks a platform whether it was forwarded.
 * Holds      As the landing page (../main.ts): Chromium 86 and iOS 12, 90 KB, no inline script or style. Every "no" says why.
 * Test       web/journeys/campaign.spec.ts.
 */
import { createApp } from 'vue';
import '../../tokens.css';
import 'tdesign-mobile-vue/es/button/style/css.mjs';
import '../h5.css';
import './task.css';
import { dress } from '../card';
import { wear } from '../colour';
import { task } from './line';
import Task from './Task.vue';

wear(task.value.community.colour);
createApp(Task).mount('#app');
const { campaign, community, me } = task.value;
void dress(community.id, {
  title: campaign.share_title || campaign.name,
  text: community.slogan || community.name,
  link: me ? me.url : '',
  picture: campaign.cover || community.logo,
});
