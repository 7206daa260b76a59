/* SPDX-License-Identifier: Apache-2.0 */
/* Players that wait for the next part of a playlist, all at once, over HTTP/1.1 in clear. They
 * share the machine with the server, so two things keep this program out of the figures: when a
 * byte came is told by the kernel's receive timestamp, not by when it was read; and all answers to
 * one part are read before anybody asks again.
 *
 *   parked_load PORT PATH CLIENTS ROUNDS PARTS
 *
 * PARTS is how many parts a segment has. Prints "parked" when all wait, and waits for a line on its
 * input; then follows the stream for ROUNDS parts and prints one line of JSON: the time from each
 * part's publication (header x-weir-published-us) to the last byte, and what the client itself
 * cost. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define ANSWER_MAX 16384
#define EVENTS_MAX 1024
#define PAUSE_US   10000 /* between looks at what has come: reading takes the server's cores */

struct client {
    int fd;
    size_t got, wanted;               /* of the answer; wanted is 0 until its head is here */
    int64_t published_us, arrived_us; /* monotonic */
    char head[512];
};

static struct {
    const char *path;
    int client_count, rounds, parts;
    int epoll;
    struct client *clients;
    int32_t *latencies_us;
    long samples;
} load;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int connect_one(int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
    return fd;
}

/* Asks for part `number`, counted from the beginning of the stream; -1: for what is there. */
static void ask(struct client *c, int64_t number)
{
    char request[512], query[64] = "";
    int len;

    if (number >= 0)
        snprintf(query, sizeof(query), "?_HLS_msn=%lld&_HLS_part=%lld",
                 (long long)(number / load.parts), (long long)(number % load.parts));
    len = snprintf(request, sizeof(request),
                   "GET %s%s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: parked_load\r\n\r\n",
                   load.path, query);
    c->got = c->wanted = 0;
    if (send(c->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
        fail("send");
}

static long long header_number(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);

    if (!at) {
        fprintf(stderr, "no %s in: %s\n", name, head);
        exit(1);
    }
    return strtoll(at + strlen(name), NULL, 10);
}

static void read_head(struct client *c, const char *data, size_t len)
{
    const char *end = memmem(data, len, "\r\n\r\n", 4);
    size_t head_len = len < sizeof(c->head) - 1 ? len : sizeof(c->head) - 1;

    if (!end || strncmp(data, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "unexpected answer: %.*s\n", (int)len, data);
        exit(1);
    }
    memcpy(c->head, data, head_len);
    c->head[head_len] = '\0';
    c->published_us = header_number(c->head, "x-weir-published-us:");
    c->wanted = (size_t)(end + 4 - data) + (size_t)header_number(c->head, "content-length:");
}

/* The kernel's timestamp of the last packet read, on the monotonic clock. */
static int64_t arrival_us(struct msghdr *message)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    struct timespec stamp;

    if (!control || control->cmsg_type != SCM_TIMESTAMPNS)
        fail("no receive timestamp");
    memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
    return (int64_t)stamp.tv_sec * 1000000 + stamp.tv_nsec / 1000 - clock_wall_us() +
           clock_mono_us();
}

static ssize_t read_some(struct client *c, char *data, size_t size)
{
    char control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec piece = { data, size };
    struct msghdr message = {
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof(control),
    };
    ssize_t n = recvmsg(c->fd, &message, MSG_DONTWAIT);

    if (n > 0)
        c->arrived_us = arrival_us(&message);
    return n;
}

/* True when the last byte has come; otherwise everything there was has been read. */
static bool receive(struct client *c)
{
    static char data[ANSWER_MAX];

    do {
        ssize_t n = read_some(c, data, sizeof(data));
        if (n < 0 && errno == EAGAIN)
            return false;
        if (n <= 0)
            fail("recv");
        if (!c->wanted)
            read_head(c, data, (size_t)n);
        c->got += (size_t)n;
    } while (c->got < c->wanted);
    return true;
}

static void note(const struct client *c)
{
    load.latencies_us[load.samples++] = (int32_t)(c->arrived_us - c->published_us);
}

/* Reads until every client has its answer. */
static void read_round(bool is_measured)
{
    struct epoll_event events[EVENTS_MAX];
    int left = load.client_count;

    while (left > 0) {
        int n = epoll_wait(load.epoll, events, EVENTS_MAX, 10000);
        if (n <= 0)
            fail("no answer within 10 s");
        for (int i = 0; i < n; i++) {
            struct client *c = &load.clients[events[i].data.u32];
            if (!receive(c))
                continue;
            if (is_measured)
                note(c);
            left--;
        }
        if (n < EVENTS_MAX)
            usleep(PAUSE_US);
    }
}

static void ask_all(int64_t number)
{
    for (int i = 0; i < load.client_count; i++)
        ask(&load.clients[i], number);
}

/* The number of the next part: one client reads the playlist. */
static int64_t learn_position(void)
{
    char text[65536];
    size_t len = 0;
    const char *hint;
    ssize_t n;

    ask(&load.clients[0], -1);
    do {
        n = recv(load.clients[0].fd, text + len, sizeof(text) - 1 - len, 0);
        if (n <= 0)
            fail("recv");
        len += (size_t)n;
        text[len] = '\0';
        hint = strstr(text, "TYPE=PART,URI=\"p");
    } while (!strstr(text, "EXT-X-PREFETCH") && len < sizeof(text) - 1);
    usleep(1000); /* the rest of the last line */
    while (recv(load.clients[0].fd, text, 1, MSG_DONTWAIT) > 0)
        continue;
    return hint ? strtoll(hint + strlen("TYPE=PART,URI=\"p"), NULL, 10) : 0;
}

static void connect_all(int port)
{
    load.epoll = epoll_create1(0);
    load.clients = calloc((size_t)load.client_count, sizeof(*load.clients));
    for (int i = 0; i < load.client_count; i++) {
        struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u32 = (uint32_t)i };
        load.clients[i].fd = connect_one(port);
        epoll_ctl(load.epoll, EPOLL_CTL_ADD, load.clients[i].fd, &event);
    }
}

static int compare(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

static double own_cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double at(double quantile)
{
    return load.latencies_us[(long)((double)(load.samples - 1) * quantile)] / 1000.0;
}

static void print_result(double cpu_seconds)
{
    qsort(load.latencies_us, (size_t)load.samples, sizeof(int32_t), compare);
    printf("{\"samples\":%ld,\"p50_ms\":%.2f,\"p90_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,"
           "\"client_cpu_s\":%.3f,\"client_us_per_answer\":%.2f}\n",
           load.samples, at(0.5), at(0.9), at(0.99), at(1), cpu_seconds,
           cpu_seconds * 1e6 / (double)load.samples);
}

int main(int argc, char **argv)
{
    int64_t next;
    double cpu;

    if (argc != 6) {
        fprintf(stderr, "usage: parked_load PORT PATH CLIENTS ROUNDS PARTS\n");
        return 2;
    }
    load.path = argv[2];
    load.client_count = (int)strtol(argv[3], NULL, 10);
    load.rounds = (int)strtol(argv[4], NULL, 10);
    load.parts = (int)strtol(argv[5], NULL, 10);
    load.latencies_us = calloc((size_t)load.client_count * (size_t)load.rounds, sizeof(int32_t));
    connect_all((int)strtol(argv[1], NULL, 10));

    /* One round unmeasured: all are parked, and at the same part. */
    next = learn_position() + 2;
    ask_all(next);
    puts("parked");
    fflush(stdout);
    read_round(false);
    cpu = own_cpu_seconds();
    for (int i = 0; i < load.rounds; i++) {
        ask_all(++next);
        read_round(true);
    }
    print_result(own_cpu_seconds() - cpu);
    return 0;
}
