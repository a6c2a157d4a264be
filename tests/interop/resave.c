/* resave.c - a file of torch.save's, through libee, to another one. */
#include <stdio.h>

#include "file/torch.h"
#include "file/torch_write.h"

int
main(int argc, char **argv)
{
	struct ee_torch in;
	struct ee_err err;
	enum ee_status status;

	if (argc != 3)
		return 2;
	status = ee_torch_open(&in, argv[1], &err);
	if (status == EE_OK) {
		status = ee_torch_check(&in, &err);
		if (status == EE_OK)
			status = ee_torch_write(argv[2], &in.root, NULL,
						&err);
		ee_torch_close(&in);
	}
	if (status != EE_OK)
		fprintf(stderr, "resave: %s\n", err.text);
	return status != EE_OK;
}
