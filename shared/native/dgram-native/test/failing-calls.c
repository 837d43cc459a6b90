// Preloaded by a test: makes sendmmsg and recvmmsg fail as the environment says, and pass on otherwise.
//   SEND_ERRNO, RECEIVE_ERRNO  the error
//   FAILURES                   how many calls of each fail; those that have UDP_SEGMENT fail always when it is absent
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#define UDP_SEGMENT 103

static int number(const char *name, int otherwise) {
  const char *text = getenv(name);
  return text == NULL ? otherwise : atoi(text);
}

static int is_segmented(const struct msghdr *message) {
  struct msghdr copy = *message;
  for (struct cmsghdr *control = CMSG_FIRSTHDR(&copy); control != NULL; control = CMSG_NXTHDR(&copy, control)) {
    if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_SEGMENT) return 1;
  }
  return 0;
}

int sendmmsg(int socket, struct mmsghdr *messages, unsigned count, int flags) {
  static int failed = 0;
  const int error = number("SEND_ERRNO", 0);
  const int failures = number("FAILURES", -1);
  if (error != 0 && (failures < 0 ? is_segmented(&messages[0].msg_hdr) : failed < failures)) {
    failed++;
    errno = error;
    return -1;
  }
  int (*real)(int, struct mmsghdr *, unsigned, int) = dlsym(RTLD_NEXT, "sendmmsg");
  return real(socket, messages, count, flags);
}

int recvmmsg(int socket, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
  static int failed = 0;
  const int error = number("RECEIVE_ERRNO", 0);
  if (error != 0 && failed < number("FAILURES", 0)) {
    failed++;
    errno = error;
    return -1;
  }
  int (*real)(int, struct mmsghdr *, unsigned, int, struct timespec *) = dlsym(RTLD_NEXT, "recvmmsg");
  return real(socket, messages, count, flags, timeout);
}
