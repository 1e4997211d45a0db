// A team of threads started once: fork-join regions with no allocation and, while the team has the
// cores to itself, no system call. Not re-entrant: one region at a time, from one thread.
#ifndef COCA_THREAD_TEAM_H
#define COCA_THREAD_TEAM_H

typedef void (*thread_team_task)(void *context, int member);
struct thread_team;

/// `members` includes the caller, who is member 0. `spins`: pauses before a waiter sleeps (0 where
/// more threads than cores run). NULL if a thread can't be started.
struct thread_team *thread_team_start(int members, int spins);
/// Runs task(context, m) for every member m and returns when all are done.
void thread_team_run(struct thread_team *team, thread_team_task task, void *context);
int thread_team_members(const struct thread_team *team);
/// Joins the threads and frees the team.
void thread_team_stop(struct thread_team *team);

#endif
