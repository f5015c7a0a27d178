/* passport.h: the member's own page. Nothing is asked of it by other rooms; it asks them. */
#pragma once
#include "http/http.h"

extern const struct feature feature_passport;
