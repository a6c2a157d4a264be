# One Makefile.  `make deps demo` and `make deps check` are the two that
# matter; `make help` lists the rest.
CC       ?= cc
OPT      ?= -O3
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wimplicit-fallthrough -Wvla -Werror \
            -Wno-format-truncation
PKGS     := msgpack-c zlib jansson yaml-0.1 libpcre2-8 libutf8proc openblas
PKGS_MSG := $(shell pkg-config --exists msgpack-c 2>/dev/null && echo msgpack-c || echo msgpack)
PKGS     := $(patsubst msgpack-c,$(PKGS_MSG),$(PKGS))
CPPFLAGS += -D_GNU_SOURCE -Ilib $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS   += -std=c11 $(OPT) -g $(WARN) $(SAN) -pthread
LDLIBS   += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm
BUILD    ?= build
BIN      ?= bin

LIB_SRC  := $(wildcard lib/*/*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
LIB      := $(BUILD)/libee.a
TOOLS    := $(patsubst tools/%.c,%,$(wildcard tools/ee-*.c))
TOOL_BIN := $(TOOLS:%=$(BIN)/%)
UNIT_SRC := $(wildcard tests/unit/*.c)
UNIT     := $(BUILD)/unit

.PHONY: all clean unit
all: $(TOOL_BIN)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BIN)/%: $(BUILD)/tools/%.o $(BUILD)/tools/tool.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# Unit tests: each tests/unit/test_ROOM.c defines `Suite *suite_ROOM(void)`;
# tests/unit/main.c runs them all.
unit: $(UNIT)
	$(UNIT)
$(UNIT): $(UNIT_SRC:%.c=$(BUILD)/%.o) $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) $(shell pkg-config --libs check) -o $@

clean:
	rm -rf $(BUILD) $(BIN)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
