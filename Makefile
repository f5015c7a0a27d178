# Quntu: one plain Makefile. `./dev` installs what it needs and calls it.
#   make              build/quntu            (release)
#   make MODE=san     build/san/quntu-test   (ASan + UBSan)
#   make MODE=tsan    build/tsan/quntu-test  (TSan)
#   make test-build   build/quntu-test       (all *_test.c, test/*.c and test/fakes/*.c)
#   make fuzz         build/fuzz/NAME        (libFuzzer, clang)
#   make install      program, man pages, unit and examples below DESTDIR and PREFIX (/usr/local)
#   make deb          build/quntu_VERSION_ARCH.deb
MODE    ?= release
CC      ?= gcc
PKGS     = libmicrohttpd sqlite3 libpq jansson libcurl libsodium libssl libcrypto cairo pangocairo libqrencode zbar libturbojpeg libjpeg libzip libpng xlsxwriter expat libwebsockets
OUT      = build$(if $(filter-out release,$(MODE)),/$(MODE))

WARN     = -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
           -Wimplicit-fallthrough -Wundef -Wno-missing-field-initializers -Werror
HARD     = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS_release = -O2 -g $(HARD)
CFLAGS_san     = -O1 -g1 -fPIE -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
CFLAGS_tsan    = -O1 -g -fPIE -fsanitize=thread
CPPFLAGS = -D_GNU_SOURCE -Isrc -I. -Itest -Itest/fakes -I$(OUT) $(shell pkg-config --cflags $(PKGS))
# hidden: a function of ours called `send` must not stand in for the C library's in libraries that call it
CFLAGS   = -std=gnu11 -fvisibility=hidden $(WARN) $(CFLAGS_$(MODE)) -include base/banned.h
LDFLAGS  = $(CFLAGS_$(MODE)) -pie -Wl,-z,relro,-z,now
LDLIBS   = $(shell pkg-config --libs $(PKGS)) -lpthread -lm

SOURCES  = $(sort $(filter-out %_test.c,$(shell find src bench -name '*.c')))
TESTS    = $(sort $(shell find src -name '*_test.c') $(wildcard test/*.c test/fakes/*.c))
SCHEMAS  = $(sort $(shell find src -name 'schema*.sql'))
OBJECTS  = $(SOURCES:%.c=$(OUT)/obj/%.o) $(OUT)/obj/embed.o
LIBRARY  = $(filter-out $(OUT)/obj/src/main.o,$(OBJECTS))
TEST_OBJECTS = $(TESTS:%.c=$(OUT)/obj/%.o)

all: $(OUT)/quntu
test-build: $(OUT)/quntu-test

$(OUT)/quntu: $(OBJECTS)
	@echo "  link  $@"; $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/quntu-test: $(LIBRARY) $(TEST_OBJECTS)
	@echo "  link  $@"; $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# Tests are compiled for each change and run once: the compiler's time counts more than theirs.
$(TEST_OBJECTS): CFLAGS_$(MODE) := $(filter-out -O1 -O2 -D_FORTIFY_SOURCE=2,$(CFLAGS_$(MODE)))

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D); echo "  cc    $<"; $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Schemas and the built web pages, as bytes inside the program.
WEB_FILES = $(wildcard web/dist/* web/dist/*/* web/dist/*/*/*)
$(OUT)/embed.c: tools/embed.sh $(SCHEMAS) $(wildcard src/groups/templates/*.json) $(WEB_FILES)
	@mkdir -p $(@D); sh tools/embed.sh $(OUT)/embed $(SCHEMAS) > $@.new && mv $@.new $@
$(OUT)/obj/embed.o: $(OUT)/embed.c
	@mkdir -p $(@D); echo "  cc    $<"; $(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# One harness a parser; each also replays its corpus inside quntu-test.
FUZZERS = $(patsubst test/fuzz/%.c,build/fuzz/%,$(wildcard test/fuzz/*.c))
fuzz: $(FUZZERS)
build/fuzz/%: test/fuzz/%.c $(wildcard src/base/*.c src/base/*.h)
	@mkdir -p $(@D); clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined $(CPPFLAGS) -o $@ $< $(filter-out %_test.c,$(wildcard src/base/*.c)) -ljansson -lsodium -lm
# Pictures need their own rule: they link the libraries they are read with.
MEDIA = $(filter-out %_test.c,$(wildcard src/media/*.c))
build/fuzz/picture: test/fuzz/picture.c $(MEDIA) $(wildcard src/base/*.c src/base/*.h src/media/*.h)
	@mkdir -p $(@D); clang -std=gnu11 -g -O1 -include base/banned.h -fsanitize=fuzzer,address,undefined $(CPPFLAGS) -o $@ $< $(MEDIA) \
		$(filter-out %_test.c,$(wildcard src/base/*.c)) $(LDLIBS)

# A file of draws needs its own two.
DRAWS = src/campaign/verify.c src/campaign/fair.c
build/fuzz/draws: test/fuzz/draws.c $(DRAWS) $(wildcard src/base/*.c src/base/*.h src/campaign/*.h)
	@mkdir -p $(@D); clang -std=gnu11 -g -O1 -include base/banned.h -fsanitize=fuzzer,address,undefined $(CPPFLAGS) -o $@ $< $(DRAWS) \
		$(filter-out %_test.c,$(wildcard src/base/*.c)) -ljansson -lsodium -lm

# So do callbacks: expat, OpenSSL.
WIRE = $(filter-out %_test.c,$(wildcard src/channel/wire/*.c))
build/fuzz/bizmsg build/fuzz/flatxml: build/fuzz/%: test/fuzz/%.c $(WIRE) $(wildcard src/base/*.c src/base/*.h src/channel/wire/*.h)
	@mkdir -p $(@D); clang -std=gnu11 -g -O1 -include base/banned.h -fsanitize=fuzzer,address,undefined $(CPPFLAGS) -o $@ $< $(WIRE) \
		$(filter-out %_test.c,$(wildcard src/base/*.c)) $(LDLIBS)

ONEBOT = src/channel/onebot/heard.c src/channel/onebot/segment.c
build/fuzz/onebot: test/fuzz/onebot.c $(ONEBOT) $(wildcard src/base/*.c src/base/*.h src/channel/onebot/*.h)
	@mkdir -p $(@D); clang -std=gnu11 -g -O1 -include base/banned.h -fsanitize=fuzzer,address,undefined $(CPPFLAGS) -o $@ $< $(ONEBOT) \
		$(filter-out %_test.c,$(wildcard src/base/*.c)) $(LDLIBS)

# The settings file is laid down only where there is none.
PREFIX ?= /usr/local
SHARE   = $(DESTDIR)$(PREFIX)/share
install: $(OUT)/quntu
	install -D -m 755 $(OUT)/quntu $(DESTDIR)$(PREFIX)/bin/quntu
	install -d $(SHARE)/man/man1 $(SHARE)/man/zh_CN/man1 $(SHARE)/doc/quntu/examples $(DESTDIR)$(PREFIX)/lib/systemd/system
	sh packaging/man.sh $(OUT)/quntu C | gzip -9n > $(SHARE)/man/man1/quntu.1.gz
	sh packaging/man.sh $(OUT)/quntu zh_CN.UTF-8 | gzip -9n > $(SHARE)/man/zh_CN/man1/quntu.1.gz
	install -m 644 packaging/nginx.conf packaging/Caddyfile $(SHARE)/doc/quntu/examples
	sed 's|@PREFIX@|$(PREFIX)|' packaging/quntu.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/quntu.service
	chmod 644 $(SHARE)/man/man1/quntu.1.gz $(SHARE)/man/zh_CN/man1/quntu.1.gz $(DESTDIR)$(PREFIX)/lib/systemd/system/quntu.service
	[ -e $(DESTDIR)/etc/quntu/quntu.conf ] || install -D -m 644 packaging/quntu.conf $(DESTDIR)/etc/quntu/quntu.conf

deb: $(OUT)/quntu
	@sh packaging/deb.sh $(OUT)/quntu $(OUT)

clean:
	rm -rf build
-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)
.PHONY: all test-build fuzz install deb clean
