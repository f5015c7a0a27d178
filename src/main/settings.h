/* settings.h: the settings that belong to the program as a whole. */
#pragma once

#define DATA_FALLBACK "data"
