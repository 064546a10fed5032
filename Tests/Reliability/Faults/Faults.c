// Stands between a process and its disk: counts what it does under one folder, and at a step that it is told fails it,
// kills it, or cuts its power.
//
// Two uses. Linked into the tests, whose executable then defines these functions before libc does, for SQLite as well.
// And under the real server with LD_PRELOAD, where KEYLINK_FAULTS names a file of one `struct plan` that both sides map.
//
//     clang -shared -fPIC -I Tests/Reliability/Faults/include -o faults.so Tests/Reliability/Faults/Faults.c

#define _GNU_SOURCE
#include "CFaults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// Tests/Reliability/faults.py writes this layout.
struct plan {
    long steps, at;
    int how, kinds, lasting, is_on;
    char folder[1024];
};

// A change that would not survive a power cut yet. Octets and length of a file until it is synchronised; a folder's entry
// until the folder is.
struct change {
    struct change *older;
    enum { OCTETS, MADE, MOVED, REMOVED } what;
    ino_t file;
    char path[PATH_MAX], other[PATH_MAX]; // as they were called then: undone backwards, they are called so again
    off_t offset, size;
    size_t count;
    char before[];
};

static struct plan own, *plan = &own;
static struct change *newest;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void read_plan(void)
{
    const char *file = getenv("KEYLINK_FAULTS");
    if (!file) return;
    int fd = REAL(open)(file, O_RDWR | O_CLOEXEC);
    void *shared = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED) {
        perror(file);
        abort(); // a harness that silently does nothing is the worst
    }
    plan = shared;
}

// MARK: Which calls are watched

static bool is_watched(const char *path)
{
    size_t length = strlen(plan->folder);
    return plan->is_on && !strncmp(path, plan->folder, length) && (path[length] == '/' || !path[length]);
}

// The path that a descriptor stands for now.
static bool is_watched_file(int fd, char path[PATH_MAX])
{
    if (!plan->is_on) return false;
    int before = errno;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    errno = before;
    path[length > 0 ? length : 0] = 0;
    return length > 0 && is_watched(path);
}

// MARK: What a power cut undoes

static bool records(void) { return plan->at && (plan->how == FAULTS_CUT || plan->how == FAULTS_TORN); }

static struct change *record(int what, const char *path, size_t count)
{
    struct change *change = calloc(1, sizeof *change + count);
    if (!change) abort();
    change->what = what;
    change->older = newest;
    change->count = count;
    strncpy(change->path, path, PATH_MAX - 1);
    return newest = change;
}

// Before octets of a file are written over or cut off.
static void record_octets(int fd, const char *path, off_t offset, size_t count)
{
    struct stat found;
    if (!records() || fstat(fd, &found)) return;
    off_t end = offset + (off_t)count < found.st_size ? offset + (off_t)count : found.st_size;
    struct change *change = record(OCTETS, path, end > offset ? end - offset : 0);
    change->file = found.st_ino;
    change->offset = offset;
    change->size = found.st_size;
    int reader = REAL(open)(path, O_RDONLY | O_CLOEXEC);
    if (REAL(pread)(reader, change->before, change->count, offset) != (ssize_t)change->count) abort();
    close(reader);
}

static void undo(struct change *change)
{
    if (change->what == OCTETS) {
        int fd = REAL(open)(change->path, O_WRONLY | O_CLOEXEC);
        if (fd < 0) return;
        if (REAL(pwrite)(fd, change->before, change->count, change->offset) < 0 || REAL(ftruncate)(fd, change->size)) abort();
        close(fd);
    } else if (change->what == MADE) {
        remove(change->path);
    } else if (REAL(rename)(change->other, change->path)) {
        abort();
    }
}

static void cut_power(void)
{
    bool keeps = plan->how == FAULTS_TORN && plan->at % 2;
    for (struct change *change = newest; change; change = change->older) {
        if (change->what == OCTETS && plan->how == FAULTS_TORN) keeps = !keeps;
        if (change->what != OCTETS || !keeps) undo(change);
    }
}

static bool is_in(const char *folder, const char *path)
{
    size_t length = strlen(folder);
    return !strncmp(path, folder, length) && path[length] == '/' && !strchr(path + length + 1, '/');
}

// A file or folder was synchronised: what changed in it before is there for good.
static void settle(int fd, const char *path)
{
    struct stat found;
    if (!records() || fstat(fd, &found)) return;
    for (struct change **next = &newest; *next;) {
        struct change *change = *next;
        if (S_ISDIR(found.st_mode) ? change->what == OCTETS || !is_in(path, change->path)
                                   : change->what != OCTETS || change->file != found.st_ino) {
            next = &change->older;
            continue;
        }
        if (change->what == REMOVED) REAL(unlink)(change->other);
        *next = change->older;
        free(change);
    }
}

// MARK: The steps

// Counts a step and does what is planned for it: 0, or the errno with which the call is to fail.
static int step(int kind)
{
    if (!plan->is_on || !(plan->kinds & kind)) return 0;
    long now = ++plan->steps;
    if (!plan->at || now < plan->at || (now > plan->at && !plan->lasting)) return 0;
    if (plan->how > 0) return plan->how;
    if (plan->how != FAULTS_KILL) cut_power();
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

// Around each call: one at a time, so that what is undone is undone in order.
#define WATCH(kind, call, ...)                                                                                             \
    do {                                                                                                                   \
        pthread_mutex_lock(&lock);                                                                                         \
        int error = step(kind);                                                                                            \
        __typeof__(call) result = -1;                                                                                      \
        if (!error) {                                                                                                      \
            __VA_ARGS__;                                                                                                   \
            result = call;                                                                                                 \
            error = errno;                                                                                                 \
        }                                                                                                                  \
        pthread_mutex_unlock(&lock);                                                                                       \
        errno = error;                                                                                                     \
        return result;                                                                                                     \
    } while (0)

static int opened(const char *path, int flags, mode_t mode)
{
    bool creates = flags & O_CREAT && access(path, F_OK);
    int fd = REAL(open)(path, flags, mode);
    if (creates && fd >= 0 && records()) record(MADE, path, 0);
    return fd;
}

static int watched_open(const char *path, int flags, mode_t mode)
{
    if (!is_watched(path)) return REAL(open)(path, flags, mode);
    WATCH(flags & O_CREAT && access(path, F_OK) ? FAULTS_CREATE : FAULTS_OPEN, opened(path, flags, mode));
}

#define MODE(flags)                                                                                                        \
    mode_t mode = 0;                                                                                                       \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                                                   \
        va_list rest;                                                                                                      \
        va_start(rest, flags);                                                                                             \
        mode = va_arg(rest, mode_t);                                                                                       \
        va_end(rest);                                                                                                      \
    }

int open(const char *path, int flags, ...)
{
    MODE(flags)
    return watched_open(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE(flags)
    return watched_open(path, flags, mode);
}

static int moved(const char *old, const char *new)
{
    int result = REAL(rename)(old, new);
    if (!result && records()) strncpy(record(MOVED, old, 0)->other, new, PATH_MAX - 1);
    return result;
}

int rename(const char *old, const char *new)
{
    if (!is_watched(new)) return REAL(rename)(old, new);
    WATCH(FAULTS_CREATE, moved(old, new));
}

static int made(const char *path, mode_t mode)
{
    int result = REAL(mkdir)(path, mode);
    if (!result && records()) record(MADE, path, 0);
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    if (!is_watched(path)) return REAL(mkdir)(path, mode);
    WATCH(FAULTS_CREATE, made(path, mode));
}

// What may have to come back is put aside instead.
static int removed(const char *path)
{
    if (!records()) return REAL(unlink)(path);
    char aside[PATH_MAX];
    static long count;
    snprintf(aside, sizeof aside, "%s.removed-%ld", plan->folder, ++count);
    int result = REAL(rename)(path, aside);
    if (!result) strncpy(record(REMOVED, path, 0)->other, aside, PATH_MAX - 1);
    return result;
}

int unlink(const char *path)
{
    if (!is_watched(path)) return REAL(unlink)(path);
    WATCH(FAULTS_REMOVE, removed(path));
}

ssize_t write(int fd, const void *octets, size_t count)
{
    char path[PATH_MAX];
    if (!is_watched_file(fd, path)) return REAL(write)(fd, octets, count);
    WATCH(FAULTS_WRITE, REAL(write)(fd, octets, count), record_octets(fd, path, lseek(fd, 0, SEEK_CUR), count));
}

ssize_t pwrite(int fd, const void *octets, size_t count, off_t offset)
{
    char path[PATH_MAX];
    if (!is_watched_file(fd, path)) return REAL(pwrite)(fd, octets, count, offset);
    WATCH(FAULTS_WRITE, REAL(pwrite)(fd, octets, count, offset), record_octets(fd, path, offset, count));
}

ssize_t pwrite64(int fd, const void *octets, size_t count, off_t offset) { return pwrite(fd, octets, count, offset); }

ssize_t read(int fd, void *octets, size_t count)
{
    char path[PATH_MAX];
    if (!is_watched_file(fd, path)) return REAL(read)(fd, octets, count);
    WATCH(FAULTS_READ, REAL(read)(fd, octets, count));
}

ssize_t pread(int fd, void *octets, size_t count, off_t offset)
{
    char path[PATH_MAX];
    if (!is_watched_file(fd, path)) return REAL(pread)(fd, octets, count, offset);
    WATCH(FAULTS_READ, REAL(pread)(fd, octets, count, offset));
}

ssize_t pread64(int fd, void *octets, size_t count, off_t offset) { return pread(fd, octets, count, offset); }

int ftruncate(int fd, off_t length)
{
    char path[PATH_MAX];
    struct stat found;
    if (!is_watched_file(fd, path) || fstat(fd, &found)) return REAL(ftruncate)(fd, length);
    WATCH(
        length < found.st_size ? FAULTS_REMOVE : FAULTS_WRITE, REAL(ftruncate)(fd, length),
        record_octets(fd, path, length, found.st_size > length ? found.st_size - length : 0));
}

int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

static int synchronised(int fd, const char *path, int (*synchronise)(int))
{
    int result = synchronise(fd);
    if (!result) settle(fd, path);
    return result;
}

int fsync(int fd)
{
    char path[PATH_MAX];
    if (!is_watched_file(fd, path)) return REAL(fsync)(fd);
    WATCH(FAULTS_SYNC, synchronised(fd, path, REAL(fsync)));
}

int fdatasync(int fd)
{
    char path[PATH_MAX];
    if (!is_watched_file(fd, path)) return REAL(fdatasync)(fd);
    WATCH(FAULTS_SYNC, synchronised(fd, path, REAL(fdatasync)));
}

// MARK: What tests call

void faults_begin(const char *folder, int kinds, long at, int how, bool lasting)
{
    pthread_mutex_lock(&lock);
    *plan = (struct plan){.at = at, .how = how, .kinds = kinds, .lasting = lasting, .is_on = 1};
    strncpy(plan->folder, folder, sizeof plan->folder - 1);
    pthread_mutex_unlock(&lock);
}

long faults_steps(void)
{
    pthread_mutex_lock(&lock);
    long steps = plan->steps;
    pthread_mutex_unlock(&lock);
    return steps;
}

void faults_end(void)
{
    pthread_mutex_lock(&lock);
    plan->is_on = 0;
    pthread_mutex_unlock(&lock);
}
