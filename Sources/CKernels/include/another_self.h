// Starts this program again: in place of this process, or beside it.
#ifndef COCA_ANOTHER_SELF_H
#define COCA_ANOTHER_SELF_H

#include <sys/types.h>

#pragma clang assume_nonnull begin

typedef char *_Nullable const *_Nonnull arguments_t;

/// Holds back the signals that ask for a stop, also while the program is started again.
void another_self_hold_signals(void);
/// Delivers them again.
void another_self_pass_signals(void);
/// Starts again with these arguments and this environment. The process number, open files, limits
/// and held-back signals stay. Returns only if it fails.
void another_self_instead(arguments_t arguments);
/// Starts the program beside this process, without standard input and error. Returns a descriptor
/// for reading its standard output, or -1.
int another_self_beside(arguments_t arguments, pid_t *process);

#pragma clang assume_nonnull end

#endif
