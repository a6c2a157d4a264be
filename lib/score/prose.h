/*
 * prose.h - measures of texts that a model wrote: how varied their words
 * are, and how near they are to other texts.
 */
#ifndef EE_PROSE_H
#define EE_PROSE_H

#include "base/base.h"

/*
 * Weighted entropy of n-grams of words, in bits (Meng et al. 2022, "GE";
 * EasyEdit's fluency): with f the relative frequencies of the n-grams,
 *
 *     H_n = -sum f log2 f        (2/3 H_2 + 4/3 H_3) / 2
 *
 * H_n is 0 for fewer than n words.  Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_ngram_entropy(char *const *words, size_t n,
	double *entropy, struct ee_err *err);

/*
 * tf-idf of words, as scikit-learn's TfidfVectorizer has it by default: a
 * term is a run of two or more letters, digits and "_" in lower case;
 *
 *     tf = times it stands in the text
 *     idf = log((1 + documents) / (1 + documents that hold it)) + 1
 *
 * Terms that no document holds do not count.
 */
struct ee_tfidf;

/* Learn idf from n documents, which are borrowed for the call.  Fails with
 * EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_tfidf_open(struct ee_tfidf **tfidf,
	const char *const *documents, size_t n, struct ee_err *err);
void ee_tfidf_close(struct ee_tfidf *tfidf);		/* NULL is fine */

/* The cosine of the vectors tf * idf of two texts; NaN where one of them has
 * no known term.  Fails with EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_tfidf_cosine(struct ee_tfidf *tfidf,
	const char *a, const char *b, double *cosine, struct ee_err *err);

#endif
