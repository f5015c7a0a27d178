/* chosen.ts: which group's QR is being looked at. */
import { ref } from 'vue';
import type { Group } from './page';

export const chosen = ref<Group | null>(null);
