// What a rank's process needs from the system and Swift cannot call: signal handlers, processor
// masks (cpu_set_t consists of macros) and malloc's settings.
#ifndef COCA_PROCESS_H
#define COCA_PROCESS_H
#include <stddef.h>
#include <sys/types.h>

// Turns SIGUSR1, SIGINT and SIGTERM into a flag, and ignores SIGUSR2 (mpirun forwards it) and
// SIGPIPE. A second SIGINT ends the process.
void process_catch_signals(void);

// The first of those signals that came, or 0.
int process_signal(void);

// The processors a thread may run on, ascending; thread 0 is the caller's.
// Returns how many there are, storing at most `limit`, or -1.
int process_affinity(pid_t thread, int *processors, int limit);

// Returns 0, or -1 where the system refuses.
int process_set_affinity(pid_t thread, const int *processors, int count);

// Whether the file belongs to this user and no process has it open or mapped; 0 where the system
// cannot tell.
int process_is_unused(const char *path);

// Freed memory stays with the process, so that pages of large temporary buffers (also of Open MPI)
// fault only once.
void process_keep_memory(void);

#endif
