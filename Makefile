# One Makefile.  `make deps demo` and `make deps check` are the two that
# matter; `make help` lists the rest.
CC       ?= cc
OPT      ?= -O3
WARN     ?= -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wimplicit-fallthrough -Wvla -Werror \
            -Wno-format-truncation
SAN      ?=
PREFIX   ?= /usr/local
BUILD    ?= build
BIN      ?= bin
PYTHON   ?= $(BUILD)/venv/bin/python
FUZZ_CC  ?= clang
FUZZ_TIME ?= 20

VERSION  := $(shell sed -n 's/.*EE_VERSION "\(.*\)".*/\1/p' lib/base/base.h)

# Asked for when first used, not when this file is read: `make deps all`
# installs them in between.
lazy      = $(eval $(1) := $(shell $(2)))$($(1))
PKGS      = $(call lazy,PKGS,echo zlib jansson yaml-0.1 libpcre2-8 \
            libutf8proc openblas $$(pkg-config --exists msgpack-c && \
            echo msgpack-c || echo msgpack))
PKG_CFLAGS = $(call lazy,PKG_CFLAGS,pkg-config --cflags $(PKGS))
PKG_LIBS  = $(call lazy,PKG_LIBS,pkg-config --libs $(PKGS))
# oneDNN, if it is there, does the larger products (lib/math/blas.c); its
# kernels are x86-64's.
ONEDNN   ?= $(call lazy,ONEDNN,echo 'int v = __x86_64__;' | $(CC) -x c \
            -fsyntax-only -include oneapi/dnnl/dnnl.h - 2>/dev/null && \
            echo 1 || echo 0)
CHECK_LIBS = $(call lazy,CHECK_LIBS,pkg-config --libs check)

CPPFLAGS += -D_GNU_SOURCE -Ilib $(PKG_CFLAGS)
# Nobody asks what sqrt left in errno; so it can be a vector's.
CFLAGS   += -std=c11 $(OPT) -g $(WARN) $(SAN) -pthread -fno-math-errno
ENGINE_LIBS = $(if $(filter 1,$(ONEDNN)),-ldnnl -lgomp)
LDLIBS   += -Wl,--as-needed $(PKG_LIBS) $(ENGINE_LIBS) -lm

LIB_SRC  := $(sort $(wildcard lib/*/*.c))
LIB_OBJ   = $(LIB_SRC:%.c=$(BUILD)/%.o)
LIB       = $(BUILD)/libee.a
TOOLS    := $(patsubst tools/%.c,%,$(sort $(wildcard tools/ee-*.c)))
TOOL_BIN  = $(TOOLS:%=$(BIN)/%)
TOOL_OBJ  = $(patsubst %.c,$(BUILD)/%.o,\
            $(filter-out tools/ee-%.c,$(wildcard tools/*.c)))
TOOL_LIB  = $(BUILD)/libtool.a
UNIT_SRC := $(sort $(wildcard tests/unit/*.c))
UNIT_OBJ  = $(UNIT_SRC:%.c=$(BUILD)/%.o)
UNIT      = $(BUILD)/unit
SUITES    = $(BUILD)/unit_suites.h
FUZZ     := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
HEADERS  := $(shell sed -n 's|^\#include "\(.*\)"|lib/\1|p' lib/ee.h)

.PHONY: all deps demo check unit asan asan-parts fuzz bench beside lint \
        interop install uninstall clean help
.PRECIOUS: $(BUILD)/%.o

all: $(TOOL_BIN) $(LIB)

help:
	@echo 'deps       install what the build needs (apt-get)'
	@echo 'all        the tools, into $(BIN)/, and libee.a'
	@echo 'demo       edit a fact in a small model, as a tour'
	@echo 'check      every test; ends with "N passed, N failed"'
	@echo 'unit       the unit tests only (CK_RUN_SUITE=stream: one room)'
	@echo 'lint       the rules of the house only'
	@echo 'asan       unit and command-line tests under ASan and UBSan'
	@echo 'fuzz       each fuzz target for FUZZ_TIME=$(FUZZ_TIME) seconds'
	@echo 'interop    against Python (PYTHON=..., or a venv is made)'
	@echo 'bench      how fast'
	@echo 'beside     ... beside EasyEdit (EASYEDIT=CHECKOUT PYTHON=...)'
	@echo 'install    to PREFIX=$(PREFIX), below DESTDIR; also uninstall'
	@echo 'clean      remove $(BUILD)/ and $(BIN)/'

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/lib/math/blas.o: \
	CPPFLAGS += $(if $(filter 1,$(ONEDNN)),-DEE_ONEDNN)

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

# tool.c and what some tools share: an archive, so that each takes its part.
$(TOOL_LIB): $(TOOL_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BIN)/%: $(BUILD)/tools/%.o $(TOOL_LIB) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# Each tests/unit/test_ROOM.c defines `Suite *suite_ROOM(void)`;
# tests/unit/main.c runs them all.
unit: $(UNIT)
	$(UNIT)
$(UNIT): $(UNIT_OBJ) $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) $(CHECK_LIBS) -o $@
$(SUITES): $(UNIT_SRC)
	@mkdir -p $(@D)
	@printf 'SUITE(%s)\n' $(patsubst tests/unit/test_%.c,%,\
		$(filter tests/unit/test_%.c,$(UNIT_SRC))) > $@
$(BUILD)/tests/unit/main.o: CPPFLAGS += -I$(BUILD)
$(BUILD)/tests/unit/main.o: $(SUITES)

# The tests print "<part>: N passed, N failed" each, and a sum at the end.
TEST_ENV = BUILD='$(abspath $(BUILD))' BIN='$(abspath $(BIN))' CC='$(CC)' \
           PKG_CFLAGS='$(PKG_CFLAGS)' SAN='$(SAN)' \
           PKG_LIBS='$(PKG_LIBS) $(ENGINE_LIBS)'
check: all $(UNIT)
	@$(TEST_ENV) tests/run.sh unit cli flops lint man
lint: all
	@$(TEST_ENV) tests/run.sh lint
ASAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
        -fno-omit-frame-pointer
asan:
	@+ASAN_OPTIONS=allocator_may_return_null=1 \
		$(MAKE) --no-print-directory \
		BUILD=$(BUILD)/asan BIN=$(BUILD)/asan/bin OPT=-O2 SAN='$(ASAN)' \
		WARN='-Wall -Wno-maybe-uninitialized -Wno-format-truncation' \
		asan-parts
asan-parts: all $(UNIT)
	@$(TEST_ENV) tests/run.sh unit cli
interop: all
	@$(TEST_ENV) PYTHON='$(PYTHON)' tests/run.sh interop
fuzz:
	@+BUILD='$(BUILD)/fuzz' CC='$(FUZZ_CC)' MAKE='$(MAKE)' \
		FUZZ_TIME='$(FUZZ_TIME)' tests/fuzz/run.sh $(FUZZ)
$(FUZZ:%=$(BUILD)/%): $(BUILD)/%: $(BUILD)/tests/fuzz/%.o $(LIB)
	$(CC) $(CFLAGS) -fsanitize=fuzzer $^ $(LDLIBS) -o $@
demo: all
	@BIN='$(abspath $(BIN))' pipelines/atlas/demo.sh
BENCH := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,\
         $(wildcard tests/bench/*.c))
bench: all $(BENCH)
	@$(TEST_ENV) PYTHON='$(PYTHON)' tests/bench/run.sh
beside: all $(BENCH)
	@$(TEST_ENV) PYTHON='$(PYTHON)' EASYEDIT='$(EASYEDIT)' OUT='$(OUT)' \
		QUICK='$(QUICK)' JOBS='$(JOBS)' tests/bench/beside/all.sh
$(BENCH): $(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# Debian and Ubuntu by themselves; elsewhere says what is missing.
DEBS := build-essential pkg-config libopenblas-dev zlib1g-dev libjansson-dev \
        libyaml-dev libpcre2-dev libutf8proc-dev check mandoc
deps:
	@if pkg-config --exists zlib jansson yaml-0.1 libpcre2-8 libutf8proc \
	    openblas check 2>/dev/null && command -v mandoc >/dev/null && \
	    command -v $(CC) >/dev/null && { pkg-config --exists msgpack || \
	    pkg-config --exists msgpack-c; }; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
		echo 'deps: please install: a C11 compiler, pkg-config, mandoc,'; \
		echo 'and the development files of OpenBLAS, msgpack-c, zlib,'; \
		echo 'jansson, libyaml, PCRE2, utf8proc and check'; \
		exit 1; \
	fi; \
	[ "$$(id -u)" = 0 ] && sudo= || sudo=sudo; \
	$$sudo apt-get update && \
	if apt-cache show libmsgpack-c-dev >/dev/null 2>&1; \
	then msgpack=libmsgpack-c-dev; else msgpack=libmsgpack-dev; fi && \
	if apt-cache show libdnnl-dev >/dev/null 2>&1; \
	then dnnl=libdnnl-dev; else dnnl=; fi && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y \
		--no-install-recommends $(DEBS) $$msgpack $$dnnl
ifneq ($(filter deps,$(MAKECMDGOALS)),)
$(LIB_OBJ) $(UNIT_OBJ) $(TOOL_OBJ) $(TOOLS:%=$(BUILD)/tools/%.o): | deps
endif

INCLUDE := $(DESTDIR)$(PREFIX)/include/ee
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
		$(INCLUDE)
	install $(TOOL_BIN) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(LIB) $(DESTDIR)$(PREFIX)/lib
	install -m 644 lib/ee.h $(INCLUDE)
	for h in $(HEADERS); do \
		install -D -m 644 $$h $(INCLUDE)/$${h#lib/} || exit; done
	for m in man/*.[1-9]; do install -D -m 644 $$m \
		$(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m#man/} || exit; \
		done
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@REQUIRES@|$(PKGS)|' libee.pc.in \
		> $(DESTDIR)$(PREFIX)/lib/pkgconfig/libee.pc
uninstall:
	rm -f $(TOOLS:%=$(DESTDIR)$(PREFIX)/bin/%)
	rm -f $(DESTDIR)$(PREFIX)/lib/libee.a \
		$(DESTDIR)$(PREFIX)/lib/pkgconfig/libee.pc
	for m in man/*.[1-9]; do rm -f \
		$(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m#man/}; done
	rm -rf $(INCLUDE)

clean:
	rm -rf $(BUILD) $(BIN)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
