/* note.h: notes about members; see note.c. */
#pragma once
#include "http/http.h"

extern const struct feature feature_note;
