/* A card emulated: every flush is made, counted, and then takes longer. Loaded by the bench in front of the C library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef int (*flush_fn)(int);

static flush_fn real_fsync, real_fdatasync;
static _Atomic unsigned long long *calls;
static long delay_us;

__attribute__((constructor)) static void start(void)
{
    const char *delay = getenv("SLOW_FLUSH_US"), *count = getenv("SLOW_FLUSH_COUNT");
    real_fsync = (flush_fn)dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (flush_fn)dlsym(RTLD_NEXT, "fdatasync");
    delay_us = delay ? atol(delay) : 0;
    int fd = count ? open(count, O_RDWR) : -1;
    if (fd >= 0) {
        void *page = mmap(NULL, sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (page != MAP_FAILED)
            calls = page;
        close(fd);
    }
}

static int flush(flush_fn real, int fd)
{
    int result = real(fd);
    struct timespec wait = { delay_us / 1000000, delay_us % 1000000 * 1000 };
    if (calls)
        atomic_fetch_add(calls, 1);
    if (delay_us)
        nanosleep(&wait, NULL);
    return result;
}

int fsync(int fd) { return flush(real_fsync, fd); }
int fdatasync(int fd) { return flush(real_fdatasync, fd); }
