# Many facts at once: statistics of all edited layers, targets in shards, the
# edit, the edited model, what it is worth: each a file, made again only when
# what it depends on has changed.  Part of the Makefile beside it.
#
#	make -C pipelines -j4 mass  MODEL=... N=500 [SHARDS=4] [RECORDS=...]
#	make -C pipelines mass-apply MODEL=... N=500
#	make -C pipelines mass-eval  MODEL=... N=500
#
# mass-eval ends with a table of how often the model says the new facts, says
# them when asked otherwise, and still says what it should of other subjects.
# Targets are also kept one by one in MASS/cache, so that another N, or a run
# that was killed, finds again only what is not there.  cluster/ runs the
# shards elsewhere.
RECORDS      ?= atlas/counterfact.json
N            ?= 100
SHARDS       ?= 4
SHARD        ?= 1
THREADS      ?=
MASS         ?= $(OUT)/mass
MASS_HPARAMS ?= hparams/MEMIT/$(NAME).yaml
MASS_FLAGS   ?=

mass_hparam = $(shell sed -n 's/^$(1): *//p' $(MASS_HPARAMS) | tr -d '"[] ')
MASS_TAP    = $(subst {},{$(call mass_hparam,layers)},$(call \
	mass_hparam,rewrite_module_tmp)):in
MASS_SHARDS = $(foreach i,$(shell seq $(SHARDS)),$(call mass_shard,$(i)))
mass_shard  = $(MASS)/targets-$(1)-of-$(SHARDS).ee
MEMIT = ee-memit $(THREADS:%=-j %) -m $(MODEL) -p $(MASS_HPARAMS) \
	--templates $(OUT)/templates.json --limit $(N) $(MASS_FLAGS)

# A request that cannot be edited is told and left out; the status is then 1
# though the stream is whole, which is good enough here.
whole = || ee-show $@.part > /dev/null

.PHONY: mass mass-prepare mass-shard mass-apply mass-eval FORCE
mass:         $(MASS)/edit.ee
mass-prepare: $(MASS)/stats.ee $(OUT)/templates.json $(MASS)/asked
mass-shard:   $(call mass_shard,$(SHARD))
mass-apply:   $(MASS)/edited/config.json
mass-eval:    $(MASS)/eval.json
	@cat $(MASS)/report.txt

$(MASS)/stats.ee: $(CORPUS) $(MODEL_FILES) $(MASS_HPARAMS)
	@mkdir -p $(MASS)
	$(call count,$(MASS_TAP),,,--tokens $(TOKENS)) > $@.part
	ee-npz save -d $(MASS)/stats --dataset $(DATASET) < $@.part
	mv $@.part $@

# Made again only when something else is asked for.
ASKED = N=$(N) RECORDS=$(RECORDS) FLAGS=$(MASS_FLAGS)
$(MASS)/asked: $(shell echo '$(ASKED)' | cmp -s - $(MASS)/asked || echo FORCE)
	@mkdir -p $(MASS)
	@echo '$(ASKED)' > $@

$(MASS)/targets-%-of-$(SHARDS).ee: $(MASS)/asked $(RECORDS) \
		$(MASS_HPARAMS) $(OUT)/templates.json $(MODEL_FILES)
	$(MEMIT) --targets-only --shard $*/$(SHARDS) --cache $(MASS)/cache \
		$(RECORDS) > $@.part $(whole)
	mv $@.part $@

$(MASS)/targets.ee: $(MASS_SHARDS)
	cat $^ > $@

$(MASS)/edit.ee: $(MASS)/targets.ee $(MASS)/stats.ee
	$(MEMIT) --stats $(MASS)/stats --targets $< $(RECORDS) \
		> $@.part $(whole)
	mv $@.part $@

$(MASS)/edited/config.json: $(MASS)/edit.ee
	rm -rf $(MASS)/edited
	ee-apply -m $(MODEL) -o $(MASS)/edited $<
	touch $@

$(MASS)/eval.json: $(MASS)/edit.ee $(RECORDS)
	ee-eval $(THREADS:%=-j %) -m $(MODEL) -e $< --limit $(N) $(RECORDS) \
		> $@ 2> $(MASS)/report.txt || \
		{ cat $(MASS)/report.txt >&2; exit 1; }
