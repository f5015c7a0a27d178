/* timeline.h: what happened with a member; see timeline.c. */
#pragma once
#include "http/http.h"

extern const struct feature feature_timeline;
