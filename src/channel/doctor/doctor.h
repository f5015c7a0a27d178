/* doctor.h: what a connector's `examine` may use, and who asks for examinations.
 *
 *   doctor.c    examinations asked for, run as jobs, kept, shown; warnings when something turned bad or is well again
 *   ward.c      what holds of every channel: switched on, secrets there, address reachable, silence, what was given up
 *
 * A connector adds what only it knows: does its platform take our password, is our address on its list, may it do what the channel
 * is for. It says its findings (engine/doctor/doctor.h: doctor_say, doctor_place) and may knock at its own callback address.
 * Test       doctor_test.c: each fault of the fake platforms is named, with what mends it, and well again once it is mended.
 */
#pragma once
#include "channel/channel.h"
#include "engine/doctor/doctor.h"

/* A callback of our own making, sent to the channel's public address as the platform would send it. `query` without "?"; a body
 * makes it a POST, which the connector's `ready` must know as its own (callback.ours): it is not heard. */
struct knock { struct str query, body; const char *const *headers; struct str wants; };       /* wants: the very answer; empty: any 200 */
/* Says whether the address is reachable from outside, whose it is, and whether the callback was verified there. */
int channel_knock(struct checkup *, const struct channel *, const struct knock *);
/* A setting, outside a transaction. */
int channel_setting_of(struct checkup *, const struct channel *, const char *key, struct str *ret);
/* The first IP address among a platform's words: the one it saw us come from; empty: it told none. */
struct str address_told(struct str words);
/* "channels?open=7" */
void doctor_place_of(struct checkup *, const struct channel *);
/* The address of the platform (https://host/…) is asked for its clock; nobody there is a finding. 0, or E_NOT_SENT when nobody is. */
int channel_ask_clock(struct checkup *, const struct channel *, struct str address);

/* What was last found of communities and channels, as badly as this or worse, the oldest community first. For the terminal. */
struct kept_diagnosis { struct str about, word, severity; struct saying what, why, fix; struct str place; };
int doctor_each_kept(struct tx *, enum severity least, void (*each)(void *ctx, const struct kept_diagnosis *), void *ctx);

/* Everything about one channel: the examination that stands for all kinds. */
extern const struct examination channel_examination;

/* What a silence of so many milliseconds is to a channel that heard something at `times` (newest first): longer than twice its
 * longest one of late, six hours at least. Fewer than RHYTHM_LEAST say nothing. */
#define RHYTHM_LEAST 10
bool silence_is_long(const struct instant *times, size_t count, int64_t silence_ms);

/* Ask for every examination of a community (and its channels), or of one channel; with `server`, also of the server. Part of the
 * caller's transaction. */
int doctor_call(struct tx *, const struct feature *const *, struct id community, bool server);
int doctor_call_channel(struct tx *, struct id community, struct id channel);

extern const struct feature feature_doctor, feature_ward;
