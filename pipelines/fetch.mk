# Statistics that rome publishes, for the layers that the hyper-parameters of
# ROME and MEMIT edit: fetched, verified, and kept where `--stats` looks.
# Part of the Makefile beside it.
#
#	make -C pipelines fetch-stats MODEL=gpt2-xl [FETCH_TO=../data/stats]
#
# There are files for gpt2-medium, gpt2-large, gpt2-xl and gpt-j-6B.  A
# download that breaks off goes on when make is run again; -j2 gets two at a
# time.  MODEL may be a folder: then each file is checked against it.
FETCH_URL     ?= https://rome.baulab.info/data/stats
FETCH_TO      ?= $(OUT)/stats
FETCH_HPARAMS ?= $(wildcard hparams/ROME/$(NAME).yaml \
	hparams/MEMIT/$(NAME).yaml)
FETCH_MODEL   ?= $(patsubst gpt-j-6B,EleutherAI_gpt-j-6B,$(NAME))

# key, file: the value
fetch_hparam = $(shell sed -n 's/^$(1): *//p' $(2) | tr -d '"[] ' | tr , ' ')
# file: the name of each layer's statistics, as the tools build it
fetch_names = $(foreach l,$(call fetch_hparam,layers,$(1)),$(subst \
	{},$(l),$(call fetch_hparam,rewrite_module_tmp,$(1)))_$(call \
	fetch_hparam,mom2_dtype,$(1))_mom2_$(call \
	fetch_hparam,mom2_n_samples,$(1)).npz)
FETCH_PATH  = $(FETCH_MODEL)/wikipedia_stats
FETCH_FILES = $(sort $(foreach h,$(FETCH_HPARAMS),$(call fetch_names,$(h))))

.PHONY: fetch-stats
fetch-stats:
	@[ -n '$(FETCH_HPARAMS)' ] || { echo 'fetch: no hparams/*/$(NAME).yaml' \
		'says which layers: give FETCH_HPARAMS=file' >&2; exit 1; }
	@+$(MAKE) --no-print-directory fetch-files FETCH_TO='$(FETCH_TO)' \
		FETCH_HPARAMS='$(FETCH_HPARAMS)' FETCH_MODEL='$(FETCH_MODEL)' \
		FETCH_WANTED='$(FETCH_FILES)'

.PHONY: fetch-files
fetch-files: $(FETCH_WANTED:%=$(FETCH_TO)/$(FETCH_PATH)/%)
$(FETCH_TO)/$(FETCH_PATH)/%.npz:
	./fetch.sh $(FETCH_URL)/$(FETCH_PATH)/$*.npz $@ --sample-size \
		$(lastword $(subst _, ,$*)) \
		$(if $(wildcard $(MODEL)/config.json),-m $(MODEL))
