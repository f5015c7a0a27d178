/* forecast.h: the launch simulator (推演): what to expect of a campaign, kept, and compared with what came of it.
 *
 * Story      Before she publishes, the operator moves a few sliders: two hundred people told in three groups, each brings three who
 *            look, one in three helps. Three hundred runs say: 180 to 420 take part, the flasks do not suffice in one run of four,
 *            two more groups are needed. She keeps the forecast. Two weeks later the result says where it was right.
 *
 *   simulate.c  the runs; pure
 *   forecast.c  what a campaign and the past say of them; keeping and comparing
 *
 * Holds      A forecast that is kept cannot be changed once somebody takes part: it is compared with what was not known then.
 * Owns       campaign_forecast.
 * Test       forecast_test.c
 */
#pragma once
#include "campaign/campaign.h"
#include "campaign/forecast/simulate.h"

extern const struct feature feature_campaign_forecast;
