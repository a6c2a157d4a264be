# MEND: a hypernetwork trained, edits made with it, what they are worth: each
# a file, made again only when what it depends on has changed.  Part of the
# Makefile beside it.
#
#	make -C pipelines mend MODEL=... [RECORDS_TRAIN=... RECORDS_EVAL=...]
#	make -C pipelines mend-plot MODEL=...      the loss, by gnuplot
#
# HOLD_OUT of the training records choose the best state; those to evaluate
# with are seen by nothing before.  MEND_FLAGS=--resume goes on with a training
# that was stopped.
RECORDS_TRAIN ?= atlas/zsre-train.json
RECORDS_EVAL  ?= atlas/zsre-eval.json
HOLD_OUT      ?= 200
MEND          ?= $(OUT)/mend
MEND_TRAINING ?= hparams/TRAINING/MEND/$(NAME).yaml
MEND_HPARAMS  ?= hparams/MEND/$(NAME).yaml
MEND_FLAGS    ?=

.PHONY: mend mend-train mend-plot
mend-train: $(MEND)/archive
mend-plot:  $(MEND)/loss.svg
mend:       $(MEND)/eval.jsonl
	@echo '$(NAME): edit, paraphrase and locality, before and after:'
	@cat $(MEND)/eval.txt

$(MEND)/archive: $(RECORDS_TRAIN) $(MEND_TRAINING) $(MODEL_FILES)
	@mkdir -p $(MEND)
	ee-mend-train $(THREADS:%=-j %) -m $(MODEL) -p $(MEND_TRAINING) \
		--train $(RECORDS_TRAIN) --hold-out $(HOLD_OUT) \
		--log $(MEND)/log.jsonl $(MEND_FLAGS) -o $@

$(MEND)/loss.svg: $(MEND)/archive plot/loss.gp
	gnuplot -e "log='$(MEND)/log.jsonl'; title='$(NAME)'" plot/loss.gp \
		> $@.part
	mv $@.part $@

# Each record edited on the model as it was.
$(MEND)/edits.ee: $(MEND)/archive $(RECORDS_EVAL) $(MEND_HPARAMS)
	ee-mend-apply -q $(THREADS:%=-j %) -m $(MODEL) -p $(MEND_HPARAMS) \
		--archive $< --independent $(RECORDS_EVAL) > $@

$(MEND)/eval.jsonl: $(MEND)/edits.ee
	ee-eval $(THREADS:%=-j %) -m $(MODEL) -e $< --per-case \
		$(RECORDS_EVAL) > $@ 2> $(MEND)/eval.txt
