/* version.h: what this is. */
#pragma once
#define QUNTU_VERSION "0.1.0"
