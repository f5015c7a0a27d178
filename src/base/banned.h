/* banned.h: functions that are not used here, included before every file. The message says what is. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strncpy
#undef strncat
#undef strtok
#undef gets
#undef gmtime
#undef localtime
#undef ctime
#undef asctime
#undef atoi
#undef system
#define strcpy(...)    banned_use_memcpy_or_str_copy
#define strcat(...)    banned_use_buf
#define sprintf(...)   banned_use_snprintf_or_buf
#define vsprintf(...)  banned_use_vsnprintf
#define strncpy(...)   banned_use_memcpy
#define strncat(...)   banned_use_buf
#define strtok(...)    banned_use_str_cut
#define gets(...)      banned_use_getline
#define gmtime(...)    banned_use_zone_local
#define localtime(...) banned_use_zone_local
#define ctime(...)     banned_use_instant_format
#define asctime(...)   banned_use_instant_format
#define atoi(...)      banned_use_str_to_int
#define system(...)    banned_use_posix_spawn
