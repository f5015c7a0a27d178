/* twin.h: members who may be one person; see twin.c. */
#pragma once
#include "http/http.h"

extern const struct feature feature_twin;
