/* SPDX-License-Identifier: Apache-2.0 */
/* Signed API calls over keep-alive connections, each sending its next request when the answer to
 * the last one is there. Prints one line of JSON.
 *
 *   api_load HOST PORT ACCESS_KEY SECRET REGION CONNECTIONS SECONDS OPERATION BODY
 *
 * "%d" in BODY becomes the number of the request. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "net/sigv4.h"

#define MAX_CONNECTIONS 1024
#define MAX_SAMPLES     4000000
#define ANSWER_MAX      65536
#define SIGNED_HEADERS  "host;x-amz-date"

struct connection {
    int fd;
    int64_t sent_us;
    char answer[ANSWER_MAX];
    size_t answer_len;
};

static struct {
    struct sockaddr_in address;
    char host[64];
    const char *access_key, *secret, *region;
    char path[128];
    const char *body;
    char date[SIGV4_DATE_SIZE], scope[128];
    uint8_t key[SHA256_SIZE];
} load;

static struct {
    long answers, failures;
    int32_t *latencies_us;
} result;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* One date for the whole run: it lasts seconds, the server allows minutes. */
static void prepare_signing(void)
{
    sigv4_date(load.date, clock_wall_ms());
    snprintf(load.scope, sizeof(load.scope), "%.8s/%s/ivs/aws4_request", load.date, load.region);
    sigv4_signing_key(load.key, load.secret, load.date, load.region, "ivs");
}

static size_t write_request(char *out, size_t size, long number)
{
    char body[1024], hash[SHA256_HEX_SIZE], signature[SHA256_HEX_SIZE];
    struct http_header headers[] = { { "host", load.host }, { "x-amz-date", load.date } };
    const char *mark = strstr(load.body, "%d");
    int len;

    if (mark)
        snprintf(body, sizeof(body), "%.*s%ld%s", (int)(mark - load.body), load.body, number,
                 mark + 2);
    else
        snprintf(body, sizeof(body), "%s", load.body);
    sha256_hex(hash, body, strlen(body));
    if (sigv4_signature(signature, load.key, load.date, load.scope,
                        &(struct sigv4_request){
                            .method = "POST",
                            .path = load.path,
                            .query = "",
                            .headers = headers,
                            .header_count = 2,
                            .signed_headers = SIGNED_HEADERS,
                            .payload_hash = hash,
                        }))
        fail("sigv4_signature");
    len = snprintf(out, size,
                   "POST %s HTTP/1.1\r\nhost: %s\r\nx-amz-date: %s\r\ncontent-length: %zu\r\n"
                   "authorization: " SIGV4_ALGORITHM " Credential=%s/%s, "
                   "SignedHeaders=" SIGNED_HEADERS ", Signature=%s\r\n\r\n%s",
                   load.path, load.host, load.date, strlen(body), load.access_key, load.scope,
                   signature, body);
    return len;
}

static void send_next(struct connection *c)
{
    static long number;
    char request[4096];
    size_t len = write_request(request, sizeof(request), number++);

    c->answer_len = 0;
    c->sent_us = clock_mono_us();
    if (send(c->fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
        fail("send");
}

/* Whether the whole answer is here: headers, and as much body as they promise. */
static bool is_complete(const struct connection *c)
{
    const char *end = memmem(c->answer, c->answer_len, "\r\n\r\n", 4);
    const char *length = strcasestr(c->answer, "\r\ncontent-length:");

    if (!end || !length)
        return end && strstr(c->answer, " 204 ");
    return c->answer_len >= (size_t)(end + 4 - c->answer) +
                                strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
}

static void note_answer(struct connection *c)
{
    bool is_ok = !strncmp(c->answer, "HTTP/1.1 2", 10);

    if (!is_ok && result.failures++ == 0)
        fprintf(stderr, "%s\n", c->answer);
    if (is_ok && result.answers < MAX_SAMPLES)
        result.latencies_us[result.answers++] = clock_mono_us() - c->sent_us;
}

/* False: the connection is idle again. */
static bool receive(struct connection *c)
{
    ssize_t n = recv(c->fd, c->answer + c->answer_len, ANSWER_MAX - 1 - c->answer_len, 0);

    if (n <= 0)
        fail("recv");
    c->answer_len += n;
    c->answer[c->answer_len] = '\0';
    if (!is_complete(c))
        return true;
    note_answer(c);
    return false;
}

static int connect_one(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&load.address, sizeof(load.address)))
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static void run(struct connection *connections, int count, int64_t end_us)
{
    struct pollfd fds[MAX_CONNECTIONS];
    int busy = count;

    for (int i = 0; i < count; i++) {
        connections[i].fd = connect_one();
        fds[i] = (struct pollfd){ .fd = connections[i].fd, .events = POLLIN };
        send_next(&connections[i]);
    }
    while (busy > 0) {
        if (poll(fds, count, 5000) <= 0)
            fail("no answer within 5 s");
        for (int i = 0; i < count; i++) {
            if (!fds[i].revents || receive(&connections[i]))
                continue;
            if (clock_mono_us() < end_us) {
                send_next(&connections[i]);
            } else {
                fds[i].fd = -1;
                busy--;
            }
        }
    }
}

static int compare(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

static void print_result(double seconds)
{
    long n = result.answers;

    qsort(result.latencies_us, n, sizeof(int32_t), compare);
    printf("{\"answers\":%ld,\"failures\":%ld,\"seconds\":%.3f,\"p50_us\":%d,\"p99_us\":%d}\n", n,
           result.failures, seconds, n ? result.latencies_us[n / 2] : 0,
           n ? result.latencies_us[n * 99 / 100] : 0);
}

int main(int argc, char **argv)
{
    struct connection *connections;
    int64_t start_us;
    int count;

    if (argc != 10) {
        fprintf(stderr, "usage: api_load HOST PORT ACCESS_KEY SECRET REGION CONNECTIONS SECONDS "
                        "OPERATION BODY\n");
        return 2;
    }
    load.address.sin_family = AF_INET;
    load.address.sin_port = htons(strtoul(argv[2], NULL, 10));
    inet_pton(AF_INET, argv[1], &load.address.sin_addr);
    snprintf(load.host, sizeof(load.host), "%s:%s", argv[1], argv[2]);
    load.access_key = argv[3];
    load.secret = argv[4];
    load.region = argv[5];
    snprintf(load.path, sizeof(load.path), "/%s", argv[8]);
    load.body = argv[9];
    prepare_signing();

    count = strtol(argv[6], NULL, 10);
    if (count < 1 || count > MAX_CONNECTIONS)
        return 2;
    connections = calloc(count, sizeof(*connections));
    result.latencies_us = calloc(MAX_SAMPLES, sizeof(int32_t));
    start_us = clock_mono_us();
    run(connections, count, start_us + 1000000 * strtol(argv[7], NULL, 10));
    print_result((clock_mono_us() - start_us) / 1e6);
    free(result.latencies_us);
    free(connections);
    return result.failures ? 1 : 0;
}
