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
#include "file/json.h"
#include "file/npy.h"
#include "file/npz.h"
#include "file/safetensors.h"
#include "file/weights.h"
#include "file/yaml.h"
#include "file/zip.h"

/* math */
#include "math/blas.h"
#include "math/convert.h"
#include "math/threads.h"
#include "math/vec.h"

/* text */
#include "text/tokenizer.h"

/* model */
#include "model/config.h"
#include "model/family.h"
#include "model/forward.h"
#include "model/generate.h"
#include "model/model.h"
#include "model/trie.h"

/* stats */
#include "stats/check.h"
#include "stats/layer.h"
#include "stats/moments.h"
#include "stats/statname.h"

/* edit */
#include "edit/hparams.h"
#include "edit/request.h"
#include "edit/target.h"

#endif
