/* Lets write(2) fail for regular files alone, where libfiu knows only all or none: the runtime of the service wakes its threads by write(2),
   and sockets are none of a disk's business. Preloaded before libfiu, whose word it asks. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

int fiu_fail(const char *name);
void *fiu_failinfo(void);

ssize_t write(int fd, const void *bytes, size_t count) {
    static ssize_t (*next)(int, const void *, size_t);
    struct stat found;
    if (next == NULL)
        next = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && fiu_fail("file/write")) {
        errno = (int)(intptr_t)fiu_failinfo();
        return -1;
    }
    return next(fd, bytes, count);
}
