/* choices.ts: the words a group may be described with, as options for selects. */
import { computed } from 'vue';
import type { Channel, Stage, Tier } from '@api/types';
import { t } from '@/lib/words';

const channels: Channel[] = ['manual', 'wecom', 'onebot', 'web', 'mp'];
const tiers: Tier[] = ['core', 'vip', 'ordinary', 'intent', 'referral', 'lecture', 'other'];
const stages: Stage[] = ['seeding', 'growing', 'mature', 'declining', 'closing', 'closed'];

export const channelChoices = computed(() => channels.map((value) => ({ value, label: t(`channel.${value}`) })));
export const tierChoices = computed(() => tiers.map((value) => ({ value, label: t(`tier.${value}`) })));
export const stageChoices = computed(() => stages.map((value) => ({ value, label: t(`stage.${value}`) })));

/* How a stage looks: growing is well, declining wants care. */
export const stageTone: Record<Stage, string> = {
  seeding: 'accent',
  growing: 'ok',
  mature: 'ok',
  declining: 'due',
  closing: 'late',
  closed: '',
};
