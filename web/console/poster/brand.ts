/* brand.ts: what all posters of a community share: colours, font, logo. */
import { computed, shallowRef, type ComputedRef, type InjectionKey, type Ref } from 'vue';
import { api } from '@api/client';
import type { PosterBrand } from '@api/types';
import { act } from '@/lib/say';
import { below } from '@/lib/session';
import { t } from '@/lib/words';

export interface Brand {
  kit: Ref<PosterBrand | undefined>;
  swatches: ComputedRef<string[]>;
  keep: (colour: string) => void;
}
export const BRAND: InjectionKey<Brand> = Symbol('brand');

/* Enough to begin with: ink, paper, and a warm accent. */
const BASE = ['#1d2524', '#ffffff', '#b4552d'];
const MOST = 8;

export function openBrand(): Brand {
  const kit = shallowRef<PosterBrand>();
  void api.get<PosterBrand>(below('/posters/brand')).then(
    (got) => (kit.value = got),
    () => {},
  );
  const swatches = computed(() => {
    const own = kit.value ? [kit.value.colour, ...kit.value.colours] : [];
    return [...new Set([...own.filter(Boolean), ...BASE])];
  });
  return {
    kit,
    swatches,
    keep(colour) {
      const now = kit.value;
      if (!now) return;
      const colours = [...now.colours.filter((one) => one !== colour), colour].slice(-MOST);
      void act(async () => {
        kit.value = await api.put<PosterBrand>(below('/posters/brand'), { colours, font: now.font });
      }, t('poster.swatchAdded'));
    },
  };
}
