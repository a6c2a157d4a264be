/*
 * massmethod.h - the method of a mass edit, and the system of each layer.
 */
#ifndef EE_MASSMETHOD_H
#define EE_MASSMETHOD_H

#include "edit/memit.h"
#include "masskeys.h"
#include "session.h"

/* MASS_AS_SAID: by alg_name of the hyper-parameters, else MEMIT */
enum mass_method { MASS_AS_SAID, MASS_MEMIT, MASS_EMMET, MASS_ALPHAEDIT };

/* Start with {0}. */
struct mass_systems {
	enum mass_method method;
	double mu;		/* of ee_solve_keys */
	struct session *session;
	struct mass_keys earlier[EE_MAX_EDIT_LAYERS];
	bool in_turn;		/* a system is there only while it is solved */
	struct ee_solver solver[EE_MAX_EDIT_LAYERS];
};

/*
 * The systems of all layers, with the keys that edits laid over the model
 * carry (see masskeys.h); 'mu' is EMMET's, or below 0: as the
 * hyper-parameters have it.  Where all together are more than --memory
 * allows, or half the machine's memory, each is made anew whenever it is to
 * be solved; that the statistics are there is found out now all the same.
 * The session is lent.  mass_systems_free whatever happens.
 */
EE_MUST_CHECK enum ee_status mass_systems_open(struct session *s,
	enum mass_method said, double mu, struct mass_systems *systems);
void mass_systems_free(struct mass_systems *systems);

/* Keys (f, n) of layer number i that later edits must leave what they are.
 * Fails with EE_ENOMEM, EE_EMATH. */
EE_MUST_CHECK enum ee_status mass_systems_add(struct mass_systems *systems,
	size_t i, size_t n, const float *keys);

/* As alg_name has it: "AlphaEdit"; and all of them, NULL at the end. */
const char *mass_method_name(enum mass_method method);
const char *const *mass_method_names(void);

/* An ee_memit_solver over the systems. */
EE_MUST_CHECK enum ee_status mass_solve(void *systems, size_t i, size_t f,
	size_t n, const double *k, double *a, struct ee_err *err);

#endif
