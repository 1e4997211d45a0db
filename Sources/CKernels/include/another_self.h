// This program once more: in place of this process, or beside it.
#ifndef COCA_ANOTHER_SELF_H
#define COCA_ANOTHER_SELF_H

#include <sys/types.h>

#pragma clang assume_nonnull begin

typedef char *_Nullable const *_Nonnull arguments_t;

/// Has the signals that ask for a stop wait, also while one program takes another's place.
void another_self_hold_signals(void);
/// Lets them through.
void another_self_pass_signals(void);
/// Begins again with these arguments and this environment: process number, open files, limits and
/// waiting signals stay. Returns only where it fails.
void another_self_instead(arguments_t arguments);
/// Starts it beside this process, deaf and mute but for its standard output. Returns where that can
/// be read, or -1.
int another_self_beside(arguments_t arguments, pid_t *process);

#pragma clang assume_nonnull end

#endif
