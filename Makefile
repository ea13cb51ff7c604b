# SPDX-License-Identifier: MIT
# engram-tools.  `make help` lists what can be made.

# ---- the table: each command and the layers that it links, top first ----

COMMANDS := qcow2cat qcow2info partls partextract partmake ext4walk ext4cat \
            engram-pack engram-walk engram-ls engram-cat engram-verify engram-unpack engram-diff

LAYERS_qcow2cat      := part qcow2 probe io base
LAYERS_qcow2info     := part qcow2 probe io base
LAYERS_partls        := part qcow2 probe io base
LAYERS_partextract   := part qcow2 probe io base
LAYERS_partmake      := part qcow2 probe io base
LAYERS_ext4walk      := ext4 manifest part qcow2 probe io base
LAYERS_ext4cat       := ext4 part qcow2 probe io base
LAYERS_engram-pack   := engram manifest io base
LAYERS_engram-walk   := engram manifest io base
LAYERS_engram-ls     := engram manifest io base
LAYERS_engram-cat    := engram manifest io base
LAYERS_engram-verify := engram manifest io base
LAYERS_engram-unpack := engram manifest io base
LAYERS_engram-diff   := engram manifest io base

# What commands share beside libcommon: the layers are composed only in cmd/.
SHARED_qcow2cat      := image parttable foreign product range
SHARED_qcow2info     := image parttable foreign imageinfo imagemap
SHARED_partls        := image parttable foreign grid holdings
SHARED_partextract   := image parttable foreign product range
SHARED_partmake      := image parttable foreign product contents assemble smallfile
SHARED_ext4walk      := image parttable foreign product ext4file ext4entry
SHARED_ext4cat       := image parttable foreign product ext4file
SHARED_engram-pack   := engramfile mistaken product ruleset smallfile explain packbase packmemory packsizes grid
SHARED_engram-walk   := engramfile mistaken picks product
SHARED_engram-ls     := engramfile mistaken grid listing sha256line statsview
SHARED_engram-cat    := engramfile mistaken product range
SHARED_engram-verify := engramfile mistaken
SHARED_engram-unpack := engramfile mistaken picks
SHARED_engram-diff   := engramfile mistaken

LAYERS    := engram ext4 part qcow2 probe manifest io base
LIBRARIES := zlib libzstd libcrypto

# Fuzz targets (test/fuzz/NAME.c) and unit tests (test/unit/NAME.c) are found by their files.
FUZZERS := $(patsubst test/fuzz/%.c,%,$(filter-out test/fuzz/replay.c,$(wildcard test/fuzz/*.c)))
UNITS   := $(patsubst test/unit/%.c,%,$(wildcard test/unit/*.c))

# ---- how it is built ----

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
BUILD   := build/$(if $(SAN),san-)$(if $(PORTABLE),portable,plain)

CFLAGS  ?= -O2 -g
Q       := $(if $(V),,@)
WARN    := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wstrict-prototypes \
           -Wmissing-prototypes -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wconversion \
           -Wno-sign-conversion $(if $(findstring clang,$(CC)),,-Wno-format-truncation)
# gcc's libraries linked in: commands start in half the time.  clang's are so anyway.
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
            $(if $(findstring clang,$(CC)),,-static-libasan -static-libubsan)

PKG_CONFIG  ?= pkg-config
# Asked for once, at first use: in `make deps check`, deps may just have installed them.
LIB_CFLAGS   = $(eval LIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBRARIES)))$(LIB_CFLAGS)
LIB_LIBS     = $(eval LIB_LIBS := $(shell $(PKG_CONFIG) --libs $(LIBRARIES)))$(LIB_LIBS)

ALL_CFLAGS  = -std=gnu17 -D_FILE_OFFSET_BITS=64 -D_GNU_SOURCE -DENGRAM_VERSION='"$(VERSION)"' \
              -Ilibcommon -Icmd $(WARN) $(if $(WERROR),-Werror) $(if $(PORTABLE),-DENGRAM_PORTABLE) \
              $(LIB_CFLAGS) $(CFLAGS) $(if $(SAN),$(SANFLAGS) -O1)
ALL_LDFLAGS = $(LDFLAGS) $(if $(SAN),$(SANFLAGS))
ALL_LIBS    = $(LIB_LIBS) -lpthread

objects  = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
archive  = $(BUILD)/lib/$(1).a
BINARIES := $(COMMANDS:%=$(BUILD)/bin/%)
ARCHIVES := $(foreach l,$(LAYERS),$(call archive,$(l)))

.PHONY: all help deps demo tests check fuzz lint install clean list-commands
.SECONDARY:
# Goals in the order they are named (deps before what needs it); builds themselves take -j.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif
.DELETE_ON_ERROR:

all: $(BINARIES)

help:
	@sed -n 's/^#: //p' Makefile

#: make                the commands, in build/plain/bin
#: make deps           install what is missing, with the system's package manager, and fetch what tests compare
#: make demo           run the main job on the sample image in test/data
#: make check          all tests; TESTS='units corpora test/partls.bats' some; SAN=1 under ASan and UBSan
#:                     (in build/san-plain), PORTABLE=1 without Linux's own calls (build/portable)
#: make fuzz           each parser for FUZZ_SECONDS (default 30) with libFuzzer
#: make lint           formatting, warnings of gcc and clang, shellcheck, docs against code
#: make V=1            show every command line
#: make install        into DESTDIR/PREFIX (default /usr/local)

# ---- layers and commands ----

define layer
$$(call archive,$(1)): $$(call objects,$$(wildcard libcommon/$(1)/*.c))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer,$(l))))

define command
$(BUILD)/bin/$(1): $(BUILD)/obj/cmd/$(1).o $$(call objects,$$(SHARED_$(1):%=cmd/shared/%.c)) \
                   $$(foreach l,$$(LAYERS_$(1)),$$(call archive,$$(l)))
	@mkdir -p $$(@D)
	@echo "  LINK    $$@"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(ALL_LIBS)
endef
$(foreach c,$(COMMANDS),$(eval $(call command,$(c))))

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# ---- tests ----

$(BUILD)/unit/%: $(BUILD)/obj/test/unit/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/replay/%: $(BUILD)/obj/test/fuzz/%.o $(BUILD)/obj/test/fuzz/replay.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LIBS)

tests: all $(UNITS:%=$(BUILD)/unit/%) $(FUZZERS:%=$(BUILD)/replay/%)

check: tests
	@test/run $(BUILD) $(TESTS)

# The fuzzers are built by clang from all sources at once, so that every layer is instrumented.
FUZZ_SECONDS ?= 30
FUZZ_SOURCES := $(wildcard $(LAYERS:%=libcommon/%/*.c))

build/fuzz/%: test/fuzz/%.c $(FUZZ_SOURCES) $(wildcard libcommon/*/*.h)
	@mkdir -p $(@D)
	@echo "  FUZZER  $@"
	$(Q)clang $(filter-out -Wno-format-truncation,$(ALL_CFLAGS)) -g -O1 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -o $@ $< $(FUZZ_SOURCES) $(ALL_LIBS)

fuzz: $(FUZZERS:%=build/fuzz/%)
	@test/fuzz/run $(FUZZ_SECONDS) $(FUZZERS)

demo: all
	@examples/demo $(BUILD)/bin

lint:
	@test/lint

deps:
	@test/deps

# ---- installing ----

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 755 $(BINARIES) $(DESTDIR)$(PREFIX)/bin
	install -m 644 completions/engram-tools.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	for c in $(COMMANDS); do ln -sf engram-tools.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$c || exit 1; done
	for s in 1 5 7; do install -d $(DESTDIR)$(PREFIX)/share/man/man$$s && \
	    install -m 644 man/*.$$s $(DESTDIR)$(PREFIX)/share/man/man$$s || exit 1; done

list-commands:
	@echo $(COMMANDS)

clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
