// What this processor reports about itself, and the most that it can multiply and add.
#ifndef COCA_PROCESSOR_H
#define COCA_PROCESSOR_H

#include "kernels.h"

#pragma clang assume_nonnull begin

struct processor {
    char vendor[13];  // "GenuineIntel", "AuthenticAMD", …
    char name[49];    // the processor's own text; may be empty
    int family, model;
};

/// Asks the processor (cpuid).
struct processor processor_read(void);

enum multiply_adds {
    MULTIPLY_ADDS_SSE2,
    MULTIPLY_ADDS_AVX2,
    MULTIPLY_ADDS_AVX512,
    MULTIPLY_ADDS_DOTS,      // AVX512-BF16's dot products of two
    MULTIPLY_ADDS_TILES      // AMX's products of bfloat16 tiles
};

/// Whether processor and system support them. For tiles, this asks the system for permission.
int multiply_adds_supported(enum multiply_adds kind);
/// Multiplies and adds numbers that stay in registers, `rounds` times twelve instructions (tiles:
/// four); no matrix product can be faster. Returns the number of operations, a multiply-add counted
/// as two. Written in assembly, so that it is as fast in a debug build.
double multiply_adds(enum multiply_adds kind, index_t rounds);

#pragma clang assume_nonnull end

#endif
