/* SPDX-License-Identifier: Apache-2.0 */
/* Players that wait for the next part of a playlist over HTTP/1.1 and TLS, to see what each costs
 * the server's memory.
 *
 *   parked_tls PORT PATH CLIENTS PARTS
 *
 * Each has fetched the playlist once before. Prints "parked" when all wait for a part that is yet
 * to come, and ends with its input. */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 65536

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static SSL *connect_one(SSL_CTX *context, int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    SSL *ssl = SSL_new(context);

    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
        fail("connect");
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1)
        fail("TLS handshake");
    return ssl;
}

static void ask(SSL *ssl, const char *path, const char *query)
{
    char request[512];
    int len = snprintf(request, sizeof(request),
                       "GET %s%s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: parked_tls\r\n\r\n",
                       path, query);

    if (SSL_write(ssl, request, len) != len)
        fail("SSL_write");
}

/* The whole answer; its last line names the segment after the one in production. */
static const char *read_answer(SSL *ssl)
{
    static char answer[ANSWER_MAX];
    const char *body, *length;
    int len = 0, n;

    do {
        n = SSL_read(ssl, answer + len, ANSWER_MAX - 1 - len);
        if (n <= 0)
            fail("SSL_read");
        len += n;
        answer[len] = '\0';
        body = strstr(answer, "\r\n\r\n");
        length = strcasestr(answer, "content-length:");
    } while (!body || !length ||
             len < body + 4 - answer + strtol(length + strlen("content-length:"), NULL, 10));
    return answer;
}

static long next_part(const char *answer)
{
    const char *hint = strstr(answer, "TYPE=PART,URI=\"p");

    return hint ? strtol(hint + strlen("TYPE=PART,URI=\"p"), NULL, 10) : 0;
}

int main(int argc, char **argv)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    char query[64];
    int count;
    long parts, wanted;
    SSL **clients;

    if (argc != 5) {
        fprintf(stderr, "usage: parked_tls PORT PATH CLIENTS PARTS\n");
        return 2;
    }
    count = (int)strtol(argv[3], NULL, 10);
    parts = strtol(argv[4], NULL, 10);
    clients = calloc((size_t)count, sizeof(*clients));
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    for (int i = 0; i < count; i++) {
        clients[i] = connect_one(context, (int)strtol(argv[1], NULL, 10));
        ask(clients[i], argv[2], "");
        read_answer(clients[i]);
    }
    ask(clients[0], argv[2], "");
    wanted = next_part(read_answer(clients[0])) + parts; /* within the next segment but one */
    snprintf(query, sizeof(query), "?_HLS_msn=%ld&_HLS_part=%ld", wanted / parts, wanted % parts);
    for (int i = 0; i < count; i++)
        ask(clients[i], argv[2], query);
    puts("parked");
    fflush(stdout);
    getchar();
    return 0;
}
