/* playwright.config.ts: the journeys: a real browser clicks through the real program. `./dev test` runs them.
 *
 * By hand: npx playwright test [name of a story]; the program is build/quntu unless QUNTU names another.
 */
import { defineConfig } from '@playwright/test';

/* What Chromium leaves undone. Of two such lists the last one counts, so Playwright's own (chromiumSwitches) stands here again,
 * and behind it what nobody sees: the pages that are made ready behind every window's address bar (two programs of their own, started
 * for each phone), and a process kept in reserve after every page. Together they were a quarter of all that the journeys cost. */
const UNDONE = [
  'AvoidUnnecessaryBeforeUnloadCheckSync', 'BoundaryEventDispatchTracksNodeRemoval', 'DestroyProfileOnBrowserClose',
  'DialMediaRouteProvider', 'GlobalMediaControls', 'HttpsUpgrades', 'LensOverlay', 'MediaRouter', 'PaintHolding',
  'ThirdPartyStoragePartitioning', 'Translate', 'AutoDeElevate', 'RenderDocument', 'OptimizationHints',
  'WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'SpareRendererForSitePerProcess',
];

export default defineConfig({
  testDir: 'journeys',
  outputDir: '../build/journeys',
  fullyParallel: true,
  workers: 2,
  forbidOnly: !!process.env.CI,
  /* Generous: a machine ten times slower than ours fails nothing, and only what never happens uses it up. Less than a minute all the
   * same: then a page that is told nothing looks by itself (h5/live.ts). */
  timeout: 600_000,
  expect: { timeout: 45_000 },
  reporter: 'list',
  use: {
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    actionTimeout: 60_000,
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
        `--disable-features=${UNDONE.join(',')}`],
    },
  },
});
