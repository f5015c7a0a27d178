/* level.h: levels (等级) are made and put on by hand; see level.c. */
#pragma once
#include "http/http.h"

extern const struct feature feature_level;
