#ifndef CFAULTS_H
#define CFAULTS_H

#include <stdbool.h>

/// What a process does to its disk, by kind. A plan names those that count as steps.
enum {
    FAULTS_OPEN = 1,    ///< opens what is there
    FAULTS_CREATE = 2,  ///< makes a file or folder, gives it another name
    FAULTS_READ = 4,
    FAULTS_WRITE = 8,   ///< writes, lengthens
    FAULTS_SYNC = 16,   ///< fsync, fdatasync
    FAULTS_REMOVE = 32, ///< shortens, unlinks
    FAULTS_ALL = 63,
};

/// What happens at a step, where it is not an errno: an end of the process before the step is done.
enum {
    FAULTS_KILL = -1, ///< SIGKILL
    FAULTS_CUT = -2,  ///< a power cut: whatever was not synchronised is undone, then SIGKILL
    FAULTS_TORN = -3, ///< a power cut: of what was written and not synchronised, every other piece is undone
};

/// Begins to count steps under a folder, from 1. At step `at` (0: never), and where `lasting` at every later one, `how`
/// happens: an errno, with which the call fails, or one of the three ends.
void faults_begin(const char *folder, int kinds, long at, int how, bool lasting);

/// Steps counted so far.
long faults_steps(void);

/// The fault passes; nothing is counted any more.
void faults_end(void);

#endif
