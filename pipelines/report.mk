# A benchmark: what each method of editing does to each model, as a table and
# charts.  `make -C pipelines report` comes here.
#
#	make -C pipelines report [RECORDS=40] [MODELS='atlas-gpt2 ...']
#		[METHODS='ROME R-ROME ...'] [EDITS='1 10 100 1000']
#		[ONE_BY_ONE=100] [FRONTIER='0.25 ...'] [REPORT=DIR]
#
# RECORDS records of CounterFact form are measured in every cell: RECORDS
# edits of one record each, RECORDS / 10 edits of ten, and so on; the last may
# have more records than are measured.  They are from the half of the data
# set (the records of odd number, from 0) that hyper-parameters were not
# chosen on.  ROME and R-ROME edit one after the other, each on the model
# as the one before left it, and are left out beyond ONE_BY_ONE edits; MEND
# makes one update of an edit's records, the others one solution.
# FRONTIER: R-ROME with the v_lr of its file times each of these: how far the
# last step overshoots is what is paid in neighbours.
#
# Results are in REPORT (build/pipelines/report/RECORDS): report.md,
# results.tsv and charts, and easyedit.md (make easyedit); REPORT=report renews
# those of the repository.
# What they were made of is in WORK and is made again only when what it
# depends on has changed, so a run that was stopped goes on where it was.
#
#	report/records.awk    one record a line
#	report/measure.sh     one cell: its edits, and what they are worth
#	report/pool.awk       means, and intervals by the bootstrap
#	report/table.awk      the report
#	report/easyedit.sh    another table (make easyedit): ROME beside
#	                      EasyEdit's own, 40 records, its five settings
#	plot/*.gp             the charts
MODELS     ?= atlas-gpt2 atlas-gptj atlas-neox atlas-llama
METHODS    ?= ROME R-ROME MEMIT EMMET AlphaEdit MEND
EDITS      ?= 1 10 100 1000
RECORDS    ?= 40
ONE_BY_ONE ?= 100
FRONTIER   ?= 0.125 0.5 1 2 4
DATA       ?= atlas/counterfact.json
CORPUS     ?= atlas/corpus.txt
TOKENS     ?= 100000
WORK       ?= ../build/pipelines/report
REPORT     ?= $(WORK)/$(RECORDS)
BIN        ?= ../bin
export PATH := $(abspath $(BIN)):$(PATH)
SHELL      := /bin/sh

.PHONY: report report-table easyedit FORCE
.DELETE_ON_ERROR:
CHARTS := $(if $(filter 1,$(EDITS)),single) mass $(if $(FRONTIER),frontier)
report: $(REPORT)/report.md $(CHARTS:%=$(REPORT)/%.png)
report-table: $(REPORT)/report.md
easyedit: $(REPORT)/easyedit.md

# Where a method's hyper-parameters are.
hparams_ROME      = hparams/ROME/$(1).yaml
hparams_R-ROME    = $(WORK)/$(1)/R-ROME.yaml
hparams_MEMIT     = hparams/MEMIT/$(1).yaml
hparams_EMMET     = hparams/EMMET/$(1).yaml
hparams_AlphaEdit = hparams/AlphaEdit/$(1).yaml
hparams_MEND      = hparams/MEND/$(1).yaml
archive_MEND      = $(WORK)/$(1)/mend/archive
hparam = $(shell sed -n 's/^$(2): *//p' $(1) | tr -d '"[] ')
# the keys of all layers
last   = $(shell sed -nE 's/.*"(n_layer|num_hidden_layers)": ([0-9]+).*/\2/p' \
	atlas/$(1)/config.json | awk '{ print $$1 - 1 }')
tap    = $(subst {},{0-$(last)},$(call \
	hparam,$(hparams_ROME),rewrite_module_tmp)):in

$(foreach k,$(METHODS),$(if $(hparams_$(k)),,$(error METHODS: '$(k)' is no \
	method of report.mk)))
$(foreach m,$(MODELS),$(if $(wildcard atlas/$(m)/config.json),,$(error \
	MODELS: no atlas/$(m))))

# as many targets as the last edit of $(1) records needs
need     = $(shell echo $$((($(RECORDS) + $(1) - 1) / $(1) * $(1))))
SINGLES := ROME R-ROME
# the numbers of edits of method $(1)
sizes    = $(if $(filter $(1),$(SINGLES)),$(shell printf '%s\n' $(EDITS) | \
	awk '$$1 <= $(ONE_BY_ONE)'),$(EDITS))

$(WORK)/records.jsonl: $(DATA) report/records.awk
	@mkdir -p $(@D)
	awk -v take=odd -f report/records.awk $(DATA) > $@.part
	mv $@.part $@

# $(call model_rules,MODEL)
define model_rules
$(WORK)/$(1)/templates.json: $(wildcard atlas/$(1)/*)
	@mkdir -p $$(@D)
	ee-generate -q -m atlas/$(1) --templates 5:5,10:5 > $$@.part
	mv $$@.part $$@

$(WORK)/$(1)/R-ROME.yaml: $(call hparams_ROME,$(1))
	@mkdir -p $$(@D)
	sed 's/^alg_name:.*/alg_name: "R-ROME"/' $$< > $$@

$(WORK)/$(1)/stats.ee: $(CORPUS) $(wildcard atlas/$(1)/*)
	@mkdir -p $$(@D)
	ee-tokenize -q -m atlas/$(1) $(CORPUS) | \
	ee-forward -q -m atlas/$(1) -t '$$(call tap,$(1))' | \
	ee-cov -q --tokens $(TOKENS) > $$@.part
	rm -rf $(WORK)/$(1)/stats
	ee-npz save -q -d $(WORK)/$(1)/stats --dataset atlas < $$@.part
	mv $$@.part $$@

# A request that cannot be edited would be left out with status 1: here it
# ends the work.
$(WORK)/$(1)/targets-%.ee: $(WORK)/records.jsonl $(WORK)/$(1)/templates.json \
		$(call hparams_MEMIT,$(1))
	ee-memit -q --strict -m atlas/$(1) -p $(call hparams_MEMIT,$(1)) \
		--templates $(WORK)/$(1)/templates.json --limit $$* \
		--targets-only --cache $(WORK)/$(1)/cache \
		$(WORK)/records.jsonl > $$@.part
	mv $$@.part $$@

# A hypernetwork, by mend.mk: trained on other records, and once.
$(WORK)/$(1)/mend/archive: hparams/TRAINING/MEND/$(1).yaml \
		$(wildcard atlas/$(1)/*) atlas/zsre-train.json
	+$(MAKE) --no-print-directory -f Makefile MODEL=atlas/$(1) \
		OUT=$(WORK)/$(1) mend-train
endef
$(foreach m,$(MODELS),$(eval $(call model_rules,$(m))))

# $(call cell,MODEL,METHOD,EDITS): one measured cell, and its row
CELLS := $(WORK)/$(RECORDS)
define cell
$(CELLS)/$(1)/$(2)-$(3).jsonl: $(WORK)/records.jsonl $(hparams_$(2)) \
		$(WORK)/$(1)/templates.json $(WORK)/$(1)/stats.ee \
		$(if $(filter $(2),$(SINGLES) MEND),,\
		$(WORK)/$(1)/targets-$(call need,$(3)).ee) $(archive_$(2)) report/measure.sh
	@mkdir -p $$(@D)
	MODEL=atlas/$(1) HPARAMS=$(hparams_$(2)) WORK=$(WORK)/$(1) \
		ARCHIVE=$(archive_$(2)) TARGETS=targets-$(call need,$(3)).ee \
		report/measure.sh $(2) $(3) $(RECORDS) \
		$(WORK)/records.jsonl > $$@.part
	mv $$@.part $$@
ROWS += $(CELLS)/$(1)/$(2)-$(3).row
endef
$(foreach m,$(MODELS),$(foreach k,$(METHODS),$(foreach n,$(call \
	sizes,$(k)),$(eval $(call cell,$(m),$(k),$(n))))))

# $(call frontier_cell,MODEL,FACTOR)
define frontier_cell
$(CELLS)/$(1)/rate-$(2).yaml: $(WORK)/$(1)/R-ROME.yaml
	@mkdir -p $$(@D)
	awk '/^v_lr:/ { $$$$2 *= $(2) } 1' $$< > $$@
$(CELLS)/$(1)/rate-$(2).jsonl: $(CELLS)/$(1)/rate-$(2).yaml \
		$(WORK)/records.jsonl $(WORK)/$(1)/templates.json \
		$(WORK)/$(1)/stats.ee report/measure.sh
	MODEL=atlas/$(1) HPARAMS=$(CELLS)/$(1)/rate-$(2).yaml \
		WORK=$(WORK)/$(1) report/measure.sh R-ROME 1 $(RECORDS) \
		$(WORK)/records.jsonl > $$@.part
	mv $$@.part $$@
ROWS += $(CELLS)/$(1)/rate-$(2).row
endef
$(foreach m,$(MODELS),$(foreach x,$(FRONTIER),$(eval $(call \
	frontier_cell,$(m),$(x)))))

# $(call row_rule,.../MODEL/METHOD-EDITS)
define row_rule
$(1).row: $(1).jsonl report/pool.awk
	awk -f report/pool.awk -v model=$(notdir $(patsubst %/,%,$(dir $(1)))) \
		-v cell=$(notdir $(1)) $$< > $$@.part
	mv $$@.part $$@
endef
$(foreach r,$(ROWS:.row=),$(eval $(call row_rule,$(r))))

# Made again when other cells are asked for.
$(REPORT)/asked: $(shell echo '$(ROWS)' | cmp -s - $(REPORT)/asked || \
		echo FORCE)
	@mkdir -p $(@D)
	@echo '$(ROWS)' > $@
FORCE:

$(REPORT)/results.tsv: $(ROWS) $(REPORT)/asked
	@mkdir -p $(@D)
	{ printf 'model\tmethod\tedits\trecords'; \
	for k in efficacy paraphrase neighbourhood S; do \
		printf '\t%s\tlow\thigh' $$k; \
	done; echo; cat $(ROWS); } > $@.part
	mv $@.part $@

$(REPORT)/report.md: $(REPORT)/results.tsv report/table.awk
	awk -v date="$$(LC_ALL=C date -u '+%-d %B %Y')" -f report/table.awk $< \
		> $@

$(REPORT)/%.png: $(REPORT)/results.tsv plot/%.gp plot/common.gp
	gnuplot -e "tsv='$<'; png='$@.part'; models='$(MODELS)'; \
		methods='$(METHODS)'" plot/$*.gp
	mv $@.part $@

# As EasyEdit was measured: the first records, statistics of 1,500 documents.
EASYEDIT := $(WORK)/easyedit
$(EASYEDIT)/stats.ee: $(CORPUS) $(wildcard atlas/atlas-gpt2/*)
	@mkdir -p $(@D)
	head -n 1500 $(CORPUS) | ee-tokenize -q -m atlas/atlas-gpt2 | \
	ee-forward -q -m atlas/atlas-gpt2 \
		-t 'transformer.h.{2-4}.mlp.c_proj:in' | ee-cov -q > $@.part
	ee-npz save -q -d $(EASYEDIT)/stats --dataset atlas < $@.part
	mv $@.part $@
$(EASYEDIT)/records.jsonl: $(DATA) report/records.awk
	@mkdir -p $(@D)
	awk -f report/records.awk $(DATA) > $@
$(EASYEDIT)/templates.json: $(wildcard atlas/atlas-gpt2/*)
	@mkdir -p $(@D)
	ee-generate -q -m atlas/atlas-gpt2 --templates 5:10,10:10 > $@
$(REPORT)/easyedit.md: $(EASYEDIT)/stats.ee $(EASYEDIT)/records.jsonl \
		$(EASYEDIT)/templates.json report/easyedit.sh report/measure.sh
	@mkdir -p $(@D)
	WORK=$(EASYEDIT) HPARAMS=hparams/ROME/atlas-gpt2.yaml \
		report/easyedit.sh $(or $(EASYEDIT_RECORDS),40) \
		$(EASYEDIT)/records.jsonl > $@
