# Layer statistics of a corpus: counted in shards, each in as many groups of
# layers as the memory asks for, merged and verified; each a file, made again
# only when what it depends on has changed.  Part of the Makefile beside it.
#
#	make -C pipelines -j4 stats  MODEL=... CORPUS=... [STATS_SHARDS=4]
#	make -C pipelines stats-plan ...     what would be done: little is
#	make -C pipelines stats-shard SHARD=2 ...
#
# CORPUS may be several files: text, or with FIELD=text JSON lines, compressed
# by gzip or not; corpus/ makes one of a Wikipedia dump.  SAMPLE documents are
# drawn with SEED.  TOKENS, a number or 10x, is for all shards together; UNTIL
# ends each one when it has settled.  TAP says which layers: those of HPARAMS,
# or 'transformer.h.{0-47}.mlp.c_proj:in'.  COLLECT and MEMORY as in ee-cov(1).
# The files lie in STATS, where ee-rome and its like look for them.  A run
# that was stopped goes on where it was.  cluster/ runs the shards elsewhere.
STATS        ?= $(OUT)/stats
STATS_SHARDS ?= 1
FIELD        ?=
SAMPLE       ?=
TOKENS       ?= 200000
UNTIL        ?=
COLLECT      ?= mom2
MEMORY       ?=

stats_part  = $(STATS)/parts/$(1)-of-$(STATS_SHARDS).ee
STATS_PARTS = $(foreach i,$(shell seq $(STATS_SHARDS)),$(call stats_part,$(i)))

# $(call tokens,SHARDS): one shard's part of TOKENS
tokens = $(shell echo '$(TOKENS)' $(1) | awk '{ n = $$1 / $$2; \
	if ($$1 ~ /x$$/) printf "%.9gx", n; \
	else printf "%d", n == int(n) ? n : n + 1 }')

# $(call count,TAP,OF-TOKENIZE,OF-FORWARD,OF-COV): statistics to standard
# output.  A stage that fails leaves no end record, and so the last one fails.
count = ee-tokenize -m $(MODEL) $(FIELD:%=--field %) \
	$(SAMPLE:%=--sample % --seed $(SEED)) $(2) $(CORPUS) | \
	ee-forward $(THREADS:%=-j %) -m $(MODEL) -t '$(1)' $(3) | \
	ee-cov $(THREADS:%=-j %) --collect $(COLLECT) \
		$(MEMORY:%=--memory %) $(UNTIL:%=--until %) $(4)

.PHONY: stats stats-prepare stats-shard stats-plan
stats:         $(STATS)/verified
stats-prepare: $(STATS)/groups
stats-shard:   $(call stats_part,$(SHARD))
stats-plan:    $(STATS)/groups
	@echo "# $(STATS_SHARDS) shards, each in $$(cat $<) groups of layers:" \
		"$(STATS)/plan"
	@$(MAKE) --no-print-directory -n stats

# Made again only when something else is asked for.
STATS_ASKED = $(TAP) $(CORPUS) FIELD=$(FIELD) SAMPLE=$(SAMPLE) SEED=$(SEED) \
	TOKENS=$(TOKENS) UNTIL=$(UNTIL) COLLECT=$(COLLECT) MEMORY=$(MEMORY)
$(STATS)/asked: $(shell echo '$(STATS_ASKED)' | cmp -s - $(STATS)/asked || \
		echo FORCE)
	@mkdir -p $(STATS)/parts
	@echo '$(STATS_ASKED)' > $@

# How much memory is needed, and so how many groups: one token tells.
$(STATS)/groups: $(STATS)/asked $(MODEL_FILES)
	@echo x | ee-tokenize -m $(MODEL) | \
	ee-forward -m $(MODEL) -t '$(TAP)' | ee-cov --plan \
		--collect $(COLLECT) $(MEMORY:%=--memory %) \
		$(UNTIL:%=--until %) > $(STATS)/plan
	@sed -n 's/^groups	//p' $(STATS)/plan > $@
	@[ "$$(cat $@)" -gt 0 ] || { echo 'stats: one layer is too large' \
		"for MEMORY=$(MEMORY): $(STATS)/plan" >&2; exit 1; }

# What a run that was stopped has left is used unless it is too old: groups
# that are done, and the checkpoint of the one that was not.
$(STATS)/parts/%-of-$(STATS_SHARDS).ee: $(STATS)/groups $(CORPUS) \
		$(MODEL_FILES)
	@for f in $@.*; do for p in $^; do \
		[ "$$f" -nt "$$p" ] || rm -f "$$f"; done; done
	n=$$(cat $<); for g in $$(seq "$$n"); do [ -e $@.$$g ] || { \
	$(call count,$(TAP),--shard $*/$(STATS_SHARDS) --resume $@.at.$$g,\
		--group $$g/$$n,--tokens $(call tokens,$(STATS_SHARDS)) \
		--checkpoint $@.at.$$g) > $@.part && mv $@.part $@.$$g; \
	} || exit 1; done
	cat $(@:%=%.[0-9]*) > $@.part
	mv $@.part $@
	@rm -f $(@:%=%.[0-9]*)

$(STATS)/verified: $(STATS_PARTS)
	ee-npz merge -d $(STATS) --dataset $(DATASET) $^
	ee-npz verify -m $(MODEL) $(STATS)/*/$(DATASET)_stats/*.npz \
		> $@.part
	mv $@.part $@
