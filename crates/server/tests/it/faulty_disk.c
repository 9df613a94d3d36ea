/* A disk that refuses, for tests: loaded before libc. While the file named by SONDE_FAULT holds "CALL ERRNO NAME", every
 * CALL ("write" or "sync") on a file whose path contains NAME fails with ERRNO, and is noted in that file's ".log". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* System calls themselves: what is asked here must not come back here. */
static long read_small(const char *path, char *into, size_t room) {
  long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  long length = syscall(SYS_read, file, into, room - 1);
  syscall(SYS_close, file);
  into[length > 0 ? length : 0] = 0;
  return length;
}

static int refused(const char *call, int fd) {
  const char *fault = getenv("SONDE_FAULT");
  char wanted[256], wanted_call[16], name[128], link[64], path[4096];
  int number;
  if (!fault || read_small(fault, wanted, sizeof wanted) <= 0) return 0;
  if (sscanf(wanted, "%15s %d %127s", wanted_call, &number, name) != 3 || strcmp(call, wanted_call) != 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  if (!strstr(path, name)) return 0;
  char log[4200];
  snprintf(log, sizeof log, "%s.log", fault);
  long file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file >= 0) {
    length = snprintf(log, sizeof log, "%s %s\n", call, path);
    syscall(SYS_write, file, log, length);
    syscall(SYS_close, file);
  }
  errno = number;
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd) { return refused("sync", fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return refused("sync", fd) ? -1 : REAL(fdatasync)(fd); }
ssize_t write(int fd, const void *from, size_t length) { return refused("write", fd) ? -1 : REAL(write)(fd, from, length); }
ssize_t writev(int fd, const struct iovec *from, int count) { return refused("write", fd) ? -1 : REAL(writev)(fd, from, count); }
ssize_t pwrite(int fd, const void *from, size_t length, off_t at) { return refused("write", fd) ? -1 : REAL(pwrite)(fd, from, length, at); }
ssize_t pwrite64(int fd, const void *from, size_t length, off64_t at) { return refused("write", fd) ? -1 : REAL(pwrite64)(fd, from, length, at); }
