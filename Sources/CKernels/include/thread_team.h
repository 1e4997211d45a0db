// A team of threads started once: fork-join regions with no allocation and, while the team has the
// cores to itself, no system call. Not re-entrant: one region at a time, from one thread.
#ifndef COCA_THREAD_TEAM_H
#define COCA_THREAD_TEAM_H

#pragma clang assume_nonnull begin

typedef void (*thread_team_task)(void *context, int member);
struct thread_team;

/// `members` includes the caller, who is member 0. `patience`: processor cycles before a waiter
/// sleeps (0 where more threads than cores run). NULL if a thread can't be started.
struct thread_team *_Nullable thread_team_start(int members, long patience);
/// Runs task(context, m) for every member m and returns when all are done.
void thread_team_run(struct thread_team *team, thread_team_task task, void *context);
/// Hands out the numbers 0 ..< n: runs task(context, m) for the members that come while some are
/// left, and returns when all are done. A member that another process keeps from its core is not
/// waited for, unless it has taken a number.
void thread_team_share(struct thread_team *team, long n, thread_team_task task, void *context);
/// The next number for a member that runs a task of `thread_team_share`; -1: none is left. Members
/// begin at equal distances, and go on with what others have not taken.
long thread_team_next(struct thread_team *team, int member);
int thread_team_members(const struct thread_team *team);
/// Joins the threads and frees the team.
void thread_team_stop(struct thread_team *_Nullable team);

/// Runs task(context, m) for m in 0 ..< count, m > 0 on threads made for it, and returns when all
/// are done: how many of them the system refused. Their tasks do not run.
int threads_together(int count, thread_team_task task, void *context);
/// Names the calling thread; the system keeps 15 bytes.
void thread_set_name(const char *name);

#pragma clang assume_nonnull end

#endif
