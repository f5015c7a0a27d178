/* main.ts: a group's own room: a chat on the phone, with no platform behind it.
 *
 * Story      The shop's code leads here: the group's name, its rules, a name to give, one button. Inside, the talk: what is new
 *            stands below within a second, who scrolls up reads older days. An admin holds a message and mutes its author.
 * Holds      As the landing page (../main.ts): Chromium 86 and iOS 12, 90 KB, no inline script or style. A message is sent once,
 *            however often the line breaks. Pictures have their place before they are there.
 * Test       web/journeys/room.spec.ts.
 */
import { createApp } from 'vue';
import '../../tokens.css';
import 'tdesign-mobile-vue/es/button/style/css.mjs';
import '../h5.css';
import './room.css';
import { wear } from '../colour';
import { room } from './line';
import Room from './Room.vue';

if (room.value.community) wear(room.value.community.colour);
createApp(Room).mount('#app');
