// What this processor calls itself, and how fast it multiplies and adds at most.
#ifndef COCA_PROCESSOR_H
#define COCA_PROCESSOR_H

#include "kernels.h"

#pragma clang assume_nonnull begin

struct processor {
    char vendor[13];  // "GenuineIntel", "AuthenticAMD", …
    char name[49];    // its own words, empty where it has none
    int family, model;
};

/// Asks the processor (cpuid).
struct processor processor_read(void);

enum multiply_adds {
    MULTIPLY_ADDS_SSE2,
    MULTIPLY_ADDS_AVX2,
    MULTIPLY_ADDS_AVX512,
    MULTIPLY_ADDS_BFLOAT16,  // AVX512-BF16's dot products of two
    MULTIPLY_ADDS_TILES      // AMX's products of bfloat16 tiles
};

/// Whether this processor and its system have them. Tiles are asked for from the system here.
int multiply_adds_supported(enum multiply_adds kind);
/// Multiplies and adds numbers that stay in registers, `rounds` times twelve instructions (tiles:
/// four): what products cannot outrun. Returns how many operations that were, a multiply-add
/// counted as two. Written in instructions, so that it is as fast in a debug build.
double multiply_adds(enum multiply_adds kind, index_t rounds);

#pragma clang assume_nonnull end

#endif
