/*
 * simd.h - loops compiled for several x86-64 levels, the best chosen when
 * the program starts; plain C elsewhere, and under sanitizers.
 */
#ifndef EE_SIMD_H
#define EE_SIMD_H

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && \
	!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define EE_SIMD __attribute__((target_clones("arch=x86-64-v4", \
	"arch=x86-64-v3", "default")))
#else
#define EE_SIMD
#endif

#endif
