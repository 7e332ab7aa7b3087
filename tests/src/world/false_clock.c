/* Preloaded: the time of day is off by as many seconds as stand in the file FALSE_CLOCK. Of several lines each reading takes the
 * next one. What counts from the boot stays right. Where FALSE_SYNC names a file, the machine is a board, and a time server was
 * reached if that file is there. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static unsigned readings;

static long long off_by(void) {
    char text[256];
    const char *path = getenv("FALSE_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0)
        return 0;
    text[length] = 0;
    unsigned lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    const char *line = text;
    for (unsigned skip = lines ? __sync_fetch_and_add(&readings, 1) % lines : 0; skip; skip--)
        line = strchr(line, '\n') + 1;
    return strtoll(line, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    long failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && clock == CLOCK_REALTIME)
        now->tv_sec += off_by();
    return (int)failed;
}

/* Which file is looked at in the place of one that says who keeps the clock. */
static const char *looked_at(const char *path) {
    const char *sync = getenv("FALSE_SYNC");
    if (!sync || !path)
        return path;
    if (!strcmp(path, "/run/systemd/timesync/synchronized"))
        return sync;
    return strcmp(path, "/proc/device-tree/model") ? path : "/proc/self/stat";
}

int statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict found) {
    return (int)syscall(SYS_statx, folder, looked_at(path), flags, mask, found);
}

int access(const char *path, int mode) {
    return (int)syscall(SYS_faccessat, AT_FDCWD, looked_at(path), mode);
}
