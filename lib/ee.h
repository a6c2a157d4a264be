/*
 * ee.h - all of libee.  Compile with the flags of `pkg-config libee`.
 *
 * The rooms stand from the ground up: each uses only those above it here.
 */
#ifndef EE_H
#define EE_H

/* base */
#include "base/base.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/value.h"

/* stream */
#include "stream/stream.h"
#include "stream/summary.h"

/* file */
#include "file/gunzip.h"
#include "file/json.h"
#include "file/npy.h"
#include "file/npz.h"
#include "file/npz_text.h"
#include "file/safetensors.h"
#include "file/torch.h"
#include "file/torch_write.h"
#include "file/weights.h"
#include "file/yaml.h"
#include "file/zip.h"

/* math */
#include "math/blas.h"
#include "math/convert.h"
#include "math/optim.h"
#include "math/threads.h"
#include "math/vec.h"

/* text */
#include "text/corpus.h"
#include "text/tokenizer.h"
#include "text/words.h"

/* model */
#include "model/config.h"
#include "model/family.h"
#include "model/forward.h"
#include "model/generate.h"
#include "model/model.h"
#include "model/taps.h"
#include "model/trie.h"

/* stats */
#include "stats/arrays.h"
#include "stats/check.h"
#include "stats/collect.h"
#include "stats/collector.h"
#include "stats/compare.h"
#include "stats/exact.h"
#include "stats/layer.h"
#include "stats/layerset.h"
#include "stats/lows.h"
#include "stats/moments.h"
#include "stats/probe.h"
#include "stats/source.h"
#include "stats/statfile.h"
#include "stats/statname.h"
#include "stats/statsave.h"
#include "stats/verify.h"
#include "stats/weightstats.h"

/* edit */
#include "edit/apply.h"
#include "edit/delta.h"
#include "edit/frozen.h"
#include "edit/frozencache.h"
#include "edit/hparams.h"
#include "edit/lowrank.h"
#include "edit/memit.h"
#include "edit/mend.h"
#include "edit/mendarchive.h"
#include "edit/mendedit.h"
#include "edit/mendlearn.h"
#include "edit/mendparams.h"
#include "edit/mendpass.h"
#include "edit/mendrun.h"
#include "edit/prompts.h"
#include "edit/request.h"
#include "edit/rome.h"
#include "edit/said.h"
#include "edit/solver.h"
#include "edit/target.h"
#include "edit/templates.h"

/* score */
#include "score/cases.h"
#include "score/complete.h"
#include "score/exam.h"
#include "score/prose.h"
#include "score/score.h"
#include "score/tally.h"
#include "score/trainset.h"

#endif
