/* main.ts: the operator's console starts here. */
import { createApp } from 'vue';
import { guard } from '@api/client';
import App from './App.vue';
import { nameControls } from './lib/names';
import { closeSession } from './lib/session';
import { router } from './router';
import 'tdesign-vue-next/es/style/index.css';
import '../tokens.css';
import './theme.css';

guard.signedOut = () => {
  closeSession();
  const back = router.currentRoute.value.fullPath;
  if (!back.startsWith('/sign-in')) void router.replace({ path: '/sign-in', query: { back } });
};

nameControls();
createApp(App).use(router).mount('#app');
