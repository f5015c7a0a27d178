/* main.ts: the page of red packets: one's own packet and how full it is, a friend's to share in, and one's money.
 *
 * Story      Lin opens a packet and sends her link. Bo opens it: ten yuan in five shares, three are taken, four hours left. He
 *            leaves a name and has a share; with the fifth both pages tell within a second who got what. Bo asks for his money.
 * How        Data, acts and news are those of campaign pages (../task/line.ts); here is what packets add.
 * Holds      As ../task/main.ts. No countdown but the server's, no amount before it is due.
 * Test       web/journeys/packet.spec.ts.
 */
import { createApp } from 'vue';
import '../../tokens.css';
import 'tdesign-mobile-vue/es/button/style/css.mjs';
import '../h5.css';
import '../task/task.css';
import './packet.css';
import { dress } from '../card';
import { wear } from '../colour';
import { task } from '../task/line';
import Packet from './Packet.vue';

wear(task.value.community.colour);
createApp(Packet).mount('#app');
const { campaign, community, me } = task.value;
void dress(community.id, {
  title: campaign.share_title || campaign.name,
  text: community.slogan || community.name,
  link: me ? me.url : '',
  picture: campaign.cover || community.logo,
});
