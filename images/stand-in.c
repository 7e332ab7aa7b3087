/* Stands in for the box's program where only the image is to be seen: it says that it is ready, feeds the watchdog and answers each
 * request with 200. It takes up no claim. */
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void notify(const char *words) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || strlen(path) >= sizeof to.sun_path) return;
    strcpy(to.sun_path, path);
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + strlen(path);
    if (to.sun_path[0] == '@') to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    sendto(fd, words, strlen(words), 0, (struct sockaddr *)&to, size);
    close(fd);
}

static void answer(int listener) {
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    char request[4096];
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) return;
    struct pollfd one = {.fd = fd, .events = POLLIN};
    if (poll(&one, 1, 5000) == 1 && read(fd, request, sizeof request) > 0) {
        if (write(fd, text, sizeof text - 1) < 0) { /* Whoever asked is gone. */ }
    }
    close(fd);
}

int main(int count, char **words) {
    for (int at = 1; at < count; at++) {
        if (!strcmp(words[at], "provision")) return 0;
    }
    const char *held = getenv("LISTEN_FDS");
    int sockets = held ? atoi(held) : 0;
    struct pollfd all[8];
    if (sockets < 1 || sockets > 8) return 78;
    for (int at = 0; at < sockets; at++) all[at] = (struct pollfd){.fd = 3 + at, .events = POLLIN};
    notify("READY=1");
    for (;;) {
        poll(all, sockets, 10000);
        notify("WATCHDOG=1");
        for (int at = 0; at < sockets; at++) {
            if (all[at].revents & POLLIN) answer(all[at].fd);
        }
    }
}
