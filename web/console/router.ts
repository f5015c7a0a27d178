/* router.ts: every address of the console. Pages below /c/<community> need a session; the rest is for arriving. */
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from 'vue-router';
import { api } from '@api/client';
import type { ServerState } from '@api/types';
import { community, enter, homeOf, openSession, place, session } from './lib/session';
import { t, type Key } from './lib/words';

declare module 'vue-router' {
  interface RouteMeta {
    title?: Key;
    open?: boolean;
  }
}

const inside: RouteRecordRaw[] = [
  { path: '', redirect: (to) => `/c/${String(to.params.community)}/today` },
  { path: 'today', component: () => import('./today/Today.vue'), meta: { title: 'nav.today' } },
  { path: 'runsheet', component: () => import('./outbox/RunSheet.vue'), meta: { title: 'nav.runsheet' } },
  { path: 'outbox', component: () => import('./outbox/Outbox.vue'), meta: { title: 'nav.outbox' } },
  { path: 'groups', component: () => import('./groups/Groups.vue'), meta: { title: 'nav.groups' } },
  { path: 'codes', component: () => import('./livecode/Codes.vue'), meta: { title: 'nav.codes' } },
  { path: 'codes/:code', component: () => import('./livecode/Code.vue'), meta: { title: 'nav.codes' } },
  { path: 'posters', component: () => import('./poster/Posters.vue'), meta: { title: 'nav.posters' } },
  { path: 'posters/:poster', component: () => import('./poster/Designer.vue'), meta: { title: 'nav.posters' } },
  { path: 'members', component: () => import('./people/Members.vue'), meta: { title: 'nav.members' } },
  { path: 'segments', component: () => import('./people/segment/Segments.vue'), meta: { title: 'nav.segments' } },
  { path: 'segments/:segment', component: () => import('./people/segment/Build.vue'), meta: { title: 'nav.segments' } },
  { path: 'automations', component: () => import('./automation/Automations.vue'), meta: { title: 'nav.automations' } },
  { path: 'automations/:automation', component: () => import('./automation/Automation.vue'), meta: { title: 'nav.automations' } },
  { path: 'members/export', component: () => import('./import/Exports.vue'), meta: { title: 'exp.history' } },
  { path: 'members/import', component: () => import('./import/Imports.vue'), meta: { title: 'imp.title' } },
  { path: 'members/import/:import', component: () => import('./import/ImportOne.vue'), meta: { title: 'imp.title' } },
  { path: 'applications', component: () => import('./people/Applications.vue'), meta: { title: 'nav.applications' } },
  { path: 'campaigns', component: () => import('./campaign/Campaigns.vue'), meta: { title: 'nav.campaigns' } },
  { path: 'campaigns/new', component: () => import('./campaign/NewCampaign.vue'), meta: { title: 'camps.new' } },
  { path: 'campaigns/:campaign', component: () => import('./campaign/Campaign.vue'), meta: { title: 'nav.campaigns' } },
  { path: 'channels', component: () => import('./channel/Channels.vue'), meta: { title: 'channels.title' } },
  { path: 'redeem', component: () => import('./campaign/Redeem.vue'), meta: { title: 'nav.redeem' } },
  { path: 'alliance', component: () => import('./alliance/Alliance.vue'), meta: { title: 'nav.alliance' } },
  { path: 'api', component: () => import('./reference/Reference.vue'), meta: { title: 'ref.title' } },
  { path: 'settings/:part?', component: () => import('./settings/Settings.vue'), meta: { title: 'nav.settings' } },
];

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/', component: () => import('./shell/Nowhere.vue') },
    { path: '/setup', component: () => import('./sign/Setup.vue'), meta: { title: 'sign.setup', open: true } },
    { path: '/sign-in', component: () => import('./sign/SignIn.vue'), meta: { title: 'sign.in', open: true } },
    { path: '/join/:word', component: () => import('./sign/Join.vue'), meta: { title: 'join.go', open: true } },
    { path: '/reset/:word', component: () => import('./sign/Reset.vue'), meta: { title: 'reset.title', open: true } },
    { path: '/account', component: () => import('./settings/Alone.vue'), meta: { title: 'second.title' } },
    { path: '/c/:community', component: () => import('./shell/Shell.vue'), children: inside },
    { path: '/:rest(.*)*', component: () => import('./shell/Lost.vue'), meta: { title: 'lost.title', open: true } },
  ],
});

async function arrive(to: RouteLocationNormalized) {
  if (session.value) return true;
  try {
    await openSession();
    return true;
  } catch {
    const state = await api.get<ServerState>('/state').catch(() => undefined);
    return state?.first_run ? '/setup' : { path: '/sign-in', query: to.fullPath === '/' ? {} : { back: to.fullPath } };
  }
}

router.beforeEach(async (to) => {
  if (to.meta.open) return true;
  const may = await arrive(to);
  if (may !== true) return may;
  if (to.path === '/') {
    const home = homeOf(session.value!);
    return home ? `/c/${home}/today` : true;
  }
  const wanted = to.params.community;
  if (session.value!.communities.some((one) => one.id === wanted && one.needs_second))
    return { path: '/account', query: { back: to.fullPath } };
  if (typeof wanted === 'string' && (wanted !== place.value || !community.value)) await enter(wanted).catch(() => {});
  return true;
});

router.afterEach((to) => {
  document.title = (to.meta.title ? t(to.meta.title) + ' · ' : '') + t('brand');
});
