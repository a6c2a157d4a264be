/*
 * torch.h - what Python's torch.save has written: a zip archive of a pickle
 * and of the bytes of its tensors ("storages"), or, before torch 1.6 and
 * where one asks for it, pickles with the storages behind them.
 *
 * Nothing of the file is run (see pickle.h).  A tensor becomes EE_TENSOR,
 * row-major: in place where its storage is stored, aligned and the tensor
 * without gaps; views with other strides are copied, and in files of the old
 * format, which aligns nothing, most storages.  Parameters are tensors;
 * torch.Size is a list; a dtype or device is text.
 *
 * Storages are mapped and paged in as they are used, and so their checksums
 * are not looked at when the file is opened (as with safetensors, which has
 * none): ee_torch_check does that for whoever is to read all of a file
 * anyway.  The pickle's checksum, and those of deflated members, always are.
 * Files of the old format have none.
 *
 * Ownership: everything belongs to the struct ee_torch and is valid until
 * ee_torch_close.
 */
#ifndef EE_TORCH_H
#define EE_TORCH_H

#include "base/base.h"
#include "base/value.h"
#include "file/safetensors.h"
#include "file/zip.h"

struct ee_torch {
	struct ee_value root;
	struct ee_value foreign;	/* names of classes that are only
					 * named, see ee_pickle_parse */
	struct ee_torch_storage *storages;	/* (nstorages) by key */
	size_t nstorages;
	size_t budget;			/* bytes that may still be copied */
	const char *path;
	struct ee_zip zip;		/* the archive, or nothing; */
	struct ee_mapped old;		/* a file of the old format, or none */
	struct ee_arena arena;
};

/*
 * Open 'path'.  Every view is checked against its storage, every storage
 * against its member.  On failure 't' holds nothing.
 *
 * Fails as ee_zip_open and ee_pickle_parse, and with EE_EINPUT: a file of
 * before torch 0.1.10 (a tar; the message says how to convert it), a
 * TorchScript program, a big-endian file, a dtype that is none of ours.
 */
EE_MUST_CHECK enum ee_status ee_torch_open(struct ee_torch *t,
	const char *path, struct ee_err *err);
void ee_torch_close(struct ee_torch *t);

/* Check the CRC-32 of every storage.  Fails with EE_EFORMAT. */
EE_MUST_CHECK enum ee_status ee_torch_check(const struct ee_torch *t,
	struct ee_err *err);

/* The same of the one in which this tensor of the file lies; of all, if it
 * was copied out of one.  For whoever uses part of a file. */
EE_MUST_CHECK enum ee_status ee_torch_check_tensor(const struct ee_torch *t,
	const struct ee_tensor *tensor, struct ee_err *err);

/*
 * The root as a state dict: a dict of tensors and nothing else, in 'list',
 * (n) sorted by name, the caller's to free(); 'offset' is not set.
 *
 * Fails with EE_EINPUT, naming what is no tensor, or the class of an object.
 */
EE_MUST_CHECK enum ee_status ee_torch_tensors(const struct ee_torch *t,
	struct ee_named **list, size_t *n, struct ee_err *err);

#endif
