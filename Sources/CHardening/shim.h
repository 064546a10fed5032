#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

// No core file for good, and on Linux nobody but root may read or trace the process. Swift imports no function with a
// variable number of arguments, as prctl is one.
static inline int keylink_forbid_dumps(void) {
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
#ifdef __linux__
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
    return 0;
#endif
}

// A crash ends the process and nothing else: Swift's own handler starts a program that reads the memory, and prints what
// stands in registers.
static inline void keylink_crash_silently(void) {
    static const int crashes[] = {SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) signal(crashes[i], SIG_DFL);
}

// glibc gives each last page that is freed back to the system, and asks for it again for the next request: a tenth of what the
// system did for a creation. Some megabytes may stay. To set that switches off that the size of what is mapped by itself follows
// what a program uses; this one's pieces of large envelopes are smaller.
static inline void keylink_keep_freed_memory(void) {
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}
