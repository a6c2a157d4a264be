/*
 * torch_write.h - files as Python's torch.save writes them, for torch.load.
 *
 * A zip archive of stored members below "archive/": the pickle of the value
 * (pickle_write.h says what becomes what), the bytes of each tensor, aligned
 * to 64 as torch aligns them so that they can be mapped, and the version of
 * the format.  All that is in it is data: torch.load reads it with
 * weights_only=True, and its torch need not be new (1.6; uint16, uint32 and
 * uint64 are of 2.3).
 *
 * Tensors are the caller's until the call returns, each is a storage of its
 * own, and none is copied.
 */
#ifndef EE_TORCH_WRITE_H
#define EE_TORCH_WRITE_H

#include "base/base.h"
#include "base/value.h"

/*
 * Write 'root' to 'path'; the file appears whole or not at all.
 *
 *   backup   NULL, or the suffix under which the file that was there stays
 *            (outfile.h)
 *
 * Fails as ee_outfile_open and commit, and ee_pickle_write; with EE_EINPUT
 * for a pickle larger than our reader takes; EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_torch_write(const char *path,
	const struct ee_value *root, const char *backup, struct ee_err *err);

#endif
